import { GodwitError } from "../core/index.ts";
import { buildRequest, checkMessage, type MessageLimits } from "../log/index.ts";
import type { AppendRequest, MessageMeta } from "../store/index.ts";
import type { ActorReference, SendOptions } from "./context.ts";
import type { AnyActor } from "./definition.ts";
import { checkSchema } from "./schema.ts";

export interface ActorMessage extends SendOptions {
  readonly to: ActorReference;
  readonly key: string;
  readonly message: unknown;
  readonly meta?: MessageMeta;
}

/** What sending needs to know of the app. */
export interface Addressing {
  readonly shardCount: number;
  actor(name: string): AnyActor | undefined;
  readonly limits?: MessageLimits;
}

/**
 * The request that puts a message into an actor's mailbox, checked against the actor's schema and the size limits.
 * @throws GodwitError `unknown_actor`; SchemaError when the actor's schema refuses the message; InvalidInputError on a wrong key or size.
 */
export function messageRequest(draft: ActorMessage, app: Addressing): AppendRequest {
  const name = typeof draft.to === "string" ? draft.to : draft.to.name;
  const definition = app.actor(name);
  if (!definition) throw new GodwitError("unknown_actor", `no actor named "${name}" is defined in this app`);
  if (definition.message) checkSchema(definition.message, draft.message, `message to ${name}`);
  const { key, message, meta, idempotencyKey } = draft;
  const request = buildRequest(
    {
      target: name,
      key,
      body: message,
      ...(meta && { meta }),
      ...(idempotencyKey !== undefined && { dedupe: { source: `send:${name}`, externalId: idempotencyKey } }),
    },
    app.shardCount,
  );
  checkMessage(request, app.limits);
  return request;
}
