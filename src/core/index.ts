export { type BackoffPolicy, fullJitterMs } from "./backoff.ts";
export { type Clock, DAY, HOUR, MINUTE, SECOND, sleep, systemClock, type Timer } from "./clock.ts";
export { type Duration, toMs } from "./duration.ts";
export {
  BusyError,
  ConfigError,
  DeadlineError,
  describe,
  FencedError,
  GodwitError,
  type GodwitErrorOptions,
  InvalidInputError,
  StoreUnavailableError,
  toError,
} from "./errors.ts";
export { EVENT_DESCRIPTIONS, type EventName, type EventPayloads, type ProcessedMessage } from "./event-catalog.ts";
export { type EventMeta, Events, type Listener } from "./events.ts";
export { hash32 } from "./hash.ts";
export { ManualClock } from "./manual-clock.ts";
