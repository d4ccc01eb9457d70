export type { AppendBounds } from "./append-queue.ts";
export { Appender, type AppenderOptions } from "./appender.ts";
export { buildRequest, type MessageDraft } from "./build-request.ts";
export { GapWatch, type GapWatchOptions } from "./gap-watch.ts";
export { checkMessage, DEFAULT_MESSAGE_LIMITS, type MessageLimits } from "./message-limits.ts";
