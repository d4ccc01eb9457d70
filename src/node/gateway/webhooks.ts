/** Webhooks: read bounded, let the connector's door decide, append, and answer 200 only once the messages are durable. */
import type { DoorOutcome, DoorReply, InboundDoor, InboundMessage } from "../../connectors/index.ts";
import { type Events, GodwitError, toError } from "../../core/index.ts";
import type { Appender } from "../../log/index.ts";
import { type AppendRequest, encodeMeta, shardOf } from "../../store/index.ts";
import { BodyTooLargeError, readBody, refuse, refuseThrown } from "./http-answer.ts";

export interface WebhookServices {
  readonly appender: Pick<Appender, "append">;
  readonly shardCount: number;
  readonly events: Events;
  /** Begins or continues a trace for each webhook; absent: no traces. */
  readonly tracing?: WebhookTracing;
}

export interface WebhookTracing {
  /** `traceparent`: the caller's. Returns the one for the messages, and what to call when they are durable. */
  begin(connector: string, traceparent: string | null): { readonly traceparent: string; appended(): void };
}

export interface Webhooks {
  /** The answer to a request for one of the doors' paths; undefined for every other path. */
  respond(request: Request, pathname: string): Promise<Response> | undefined;
}

export function createWebhooks(doors: readonly InboundDoor[], services: WebhookServices): Webhooks {
  const byPath = new Map(doors.map((door) => [door.path, door]));
  return {
    respond: (request, pathname) => {
      const door = byPath.get(pathname);
      return door && receive(door, request, services);
    },
  };
}

async function receive(door: InboundDoor, request: Request, services: WebhookServices): Promise<Response> {
  try {
    const rawBody = await readBody(request, door.maxBodyBytes);
    const { method, url, headers } = request;
    const outcome = await door.handle({ method, url, headers, rawBody });
    return await carryOut(door, outcome, services, headers.get("traceparent"));
  } catch (thrown) {
    return refuseReceived(door, thrown, services.events);
  }
}

async function carryOut(
  door: InboundDoor,
  outcome: DoorOutcome,
  services: WebhookServices,
  traceparent: string | null,
): Promise<Response> {
  const { events } = services;
  const { connector } = door;
  switch (outcome.kind) {
    case "accept": {
      const trace = services.tracing?.begin(connector, traceparent);
      const toRequest = (message: InboundMessage) =>
        toAppend(message, connector, services.shardCount, trace?.traceparent);
      await services.appender.append(outcome.messages.map(toRequest));
      trace?.appended();
      events.emit("webhook.accepted", { connector, messages: outcome.messages.length });
      return toResponse(200, outcome.reply);
    }
    case "answer":
      if (outcome.ignored !== undefined) events.emit("webhook.ignored", { connector, reason: outcome.ignored });
      return toResponse(outcome.status, outcome.reply);
    case "refuse":
      events.emit("webhook.refused", { connector, status: outcome.status, code: outcome.code });
      return refuse(outcome.status, outcome.code, outcome.message);
  }
}

function refuseReceived(door: InboundDoor, thrown: unknown, events: Events): Response {
  const answer = refuseThrown(thrown);
  const code = thrown instanceof GodwitError ? thrown.code : "internal";
  events.emit("webhook.refused", { connector: door.connector, status: answer.status, code });
  const expected = thrown instanceof GodwitError && (thrown.retryable || thrown instanceof BodyTooLargeError);
  if (!expected) events.emit("error.caught", { stage: `webhook ${door.connector}`, error: toError(thrown) });
  return answer;
}

function toAppend(
  message: InboundMessage,
  connector: string,
  shardCount: number,
  traceparent: string | undefined,
): AppendRequest {
  const { target, key, source, externalId, order, origin } = message;
  return {
    shard: shardOf(key, shardCount),
    target,
    key,
    body: JSON.stringify(message.body),
    meta: encodeMeta({
      from: `connector:${connector}`,
      ...(origin && { origin }),
      ...(traceparent && { traceparent }),
    }),
    dedupe: { source, externalId },
    ...(order && { order }),
  };
}

function toResponse(status: number, reply: DoorReply | undefined): Response {
  if (!reply || reply.body === "") return new Response(null, { status });
  return new Response(reply.body, { status, headers: { "content-type": reply.contentType } });
}
