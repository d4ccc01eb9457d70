export type { ActorOptions, NonRetryable } from "./actor-options.ts";
export { toLaneTarget } from "./actor-target.ts";
export { Asker, type AskerOptions } from "./asker.ts";
export type { ActorContext, ActorReference, AskOptions, SendOptions } from "./context.ts";
export { type Actor, type AnyActor, actor, isActor } from "./definition.ts";
export { type ActorMessage, type Addressing, messageRequest } from "./message-request.ts";
export { SchemaError } from "./schema.ts";
export type { ActorServices } from "./services.ts";
