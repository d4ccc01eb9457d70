export { toLaneTarget } from "./actor-target.ts";
export { Asker, type AskerOptions } from "./asker.ts";
export type { ActorContext, AskOptions, SendOptions } from "./context.ts";
export { type Actor, type ActorOptions, type AnyActor, actor, isActor, type NonRetryable } from "./definition.ts";
export { type ActorMessage, type Addressing, messageRequest } from "./message-request.ts";
export { SchemaError } from "./schema.ts";
export type { ActorServices } from "./services.ts";
