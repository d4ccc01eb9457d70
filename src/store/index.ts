export { messageId, parseMessageId, shardOf } from "./message-ref.ts";
export type * from "./port.ts";
export type * from "./records.ts";
