import { type BackoffPolicy, ConfigError, type Duration, HOUR, MINUTE, SECOND, toMs } from "../core/index.ts";
import type { Settings } from "./options.ts";
import type { Rate } from "./rate-limit.ts";

export interface RateLimit {
  /** Over all conversations of the connector, in one worker. */
  readonly overall?: Rate;
  /** Within one conversation. */
  readonly perConversation?: Rate;
}

/** How a connector sends. Every field has a default. */
export interface DeliveryOptions {
  /** Tries of one message, the first included, before it is a dead letter. Default 10. */
  readonly attempts?: number;
  /** Between tries. Default: full jitter from 1 s, at most 5 min. */
  readonly backoff?: BackoffPolicy;
  /** One request, until its answer has been read. Default 15 s. */
  readonly requestTimeout?: Duration;
  /** Conversations that send at once in one worker. Default 32. */
  readonly concurrency?: number;
  /** What a dead letter does to the later messages of its conversation. Default `continue`. */
  readonly onDead?: "continue" | "halt";
  /** Waiting for a throttling provider or an open breaker costs no try until a message is this old. Default 24 hours. */
  readonly patience?: Duration;
  /**
   * `false` sends as fast as it goes. Default: the variable `GODWIT_<NAME>_RATE_LIMIT` (`off`, or a number of messages
   * a second over all conversations), else the provider's published limits.
   */
  readonly rateLimit?: RateLimit | false;
}

/** `DeliveryOptions`, complete and in ms. */
export interface DeliverySettings {
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
  readonly onDead: "continue" | "halt";
  readonly patienceMs: number;
  readonly rateLimit: RateLimit;
}

/** Fills in the defaults. @throws ConfigError, InvalidInputError for values out of range */
export function deliverySettings(options: DeliveryOptions, found: Settings, published: RateLimit): DeliverySettings {
  const settings = {
    attempts: options.attempts ?? 10,
    backoff: options.backoff ?? { baseMs: SECOND, capMs: 5 * MINUTE },
    requestTimeoutMs: toMs(options.requestTimeout ?? 15 * SECOND, "delivery.requestTimeout"),
    concurrency: options.concurrency ?? 32,
    onDead: options.onDead ?? "continue",
    patienceMs: toMs(options.patience ?? 24 * HOUR, "delivery.patience"),
    rateLimit: options.rateLimit === false ? {} : (options.rateLimit ?? rateLimitFound(found) ?? published),
  };
  requireWhole(settings.attempts, "delivery.attempts");
  requireWhole(settings.concurrency, "delivery.concurrency");
  requireRate(settings.rateLimit.overall, "delivery.rateLimit.overall");
  requireRate(settings.rateLimit.perConversation, "delivery.rateLimit.perConversation");
  return settings;
}

function rateLimitFound(found: Settings): RateLimit | undefined {
  const text = found.optional(undefined, "RATE_LIMIT");
  if (text === undefined) return undefined;
  if (text === "off") return {};
  const perSecond = Number(text);
  if (perSecond > 0) return { overall: { perSecond, burst: Math.max(1, Math.floor(perSecond)) } };
  throw new ConfigError(
    `${found.variable("RATE_LIMIT")}: expected off or a number of messages a second, received ${text}`,
  );
}

function requireWhole(value: number, option: string): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new ConfigError(`${option}: expected a whole number of at least 1, received ${value}`);
  }
}

function requireRate(rate: Rate | undefined, option: string): void {
  if (rate && !(rate.perSecond > 0 && rate.burst >= 1)) {
    throw new ConfigError(`${option}: expected { perSecond > 0, burst ≥ 1 }, received ${JSON.stringify(rate)}`);
  }
}
