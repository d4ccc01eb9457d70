/** Carries out the calls of the HTTP API with the same services that the app's own routes have. */
import type { AppServices } from "../../app/index.ts";
import type { ApiCall } from "../link-protocol.ts";

/** Resolves with the body of the answer. @throws what the service throws; the gateway turns it into a status. */
export async function callApi(services: AppServices, call: ApiCall): Promise<object> {
  switch (call.kind) {
    case "send":
      return { id: await services.send(call.actor, call.key, call.message, options(call)) };
    case "ask": {
      const { timeoutMs } = call;
      return {
        reply: (await services.ask(call.actor, call.key, call.message, { timeoutMs, ...options(call) })) ?? null,
      };
    }
    case "broadcast":
      await services.broadcast(call.topic, call.event, call.payload);
      return {};
    case "disconnect":
      services.disconnect(call.socketId);
      return {};
  }
}

function options({ idempotencyKey }: { readonly idempotencyKey?: string }): { readonly idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
