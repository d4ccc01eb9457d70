export {
  type ErrorFilter,
  type ErrorGroup,
  type ErrorInboxStore,
  type ErrorNews,
  type ErrorNote,
  type ErrorState,
  MAX_ERROR_GROUPS,
} from "./error-inbox.ts";
export { decodeMeta, encodeMeta, type MessageMeta, type MessageOrigin, type ReplyAddress } from "./message-meta.ts";
export { messageId, parseMessageId, shardOf } from "./message-ref.ts";
export { type Page, type PagePosition, type PageRequest, positionOf, toPage } from "./paging.ts";
export type * from "./port.ts";
export type * from "./records.ts";
export {
  type ArrivalDecision,
  arrive,
  type HeldNumber,
  MAX_HELD,
  MAX_JUMP,
  type NumberedArrival,
  type PassedNumbers,
  passDue,
  RESYNC_IDLE_MS,
  type SourceState,
} from "./source-order.ts";
export { newStoreId } from "./store-id.ts";
