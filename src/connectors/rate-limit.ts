/**
 * A token bucket as one number, by the generic cell rate algorithm (ITU-T I.371): the theoretical arrival time, at
 * which the bucket would be full again. Pure but for that number; a place is reserved in advance, so that those who
 * wait keep their order and need no queue.
 */

export interface Rate {
  readonly perSecond: number;
  /** How many may go at once after a pause (≥ 1). */
  readonly burst: number;
}

/** Monotonic ms at which the bucket is full again. A new bucket: 0, or anything in the past. */
export type Bucket = number;

/** How long the next one would have to wait, in ms. */
export function waitOf(rate: Rate, bucket: Bucket, nowMs: number): number {
  const intervalMs = 1_000 / rate.perSecond;
  const toleranceMs = (rate.burst - 1) * intervalMs;
  return Math.max(0, bucket - toleranceMs - nowMs);
}

/** The bucket after one more was let in. */
export function taken(rate: Rate, bucket: Bucket, nowMs: number): Bucket {
  return Math.max(bucket, nowMs) + 1_000 / rate.perSecond;
}

/** How long somebody is ready to wait for each of the two limits, ms. */
export interface RatePatience {
  readonly perConversationMs: number;
  readonly overallMs: number;
}

/** Full buckets are forgotten once there are this many; those left are of conversations active within the last burst. */
const SWEEP_AT = 1_024;

/**
 * Both limits of a connector: over all, and for each conversation. Lives in one worker's memory; a restart starts with
 * full buckets.
 */
export class RateLimiter {
  readonly #overall: Rate | undefined;
  readonly #share: () => number;
  readonly #perConversation: Rate | undefined;
  readonly #conversations = new Map<string, Bucket>();
  #bucket: Bucket = 0;
  #sweepAt = SWEEP_AT;

  /** `share`: the part of the overall limit that is this worker's now, in (0, 1]. */
  constructor(limits: { readonly overall?: Rate; readonly perConversation?: Rate }, share: () => number = () => 1) {
    this.#overall = limits.overall;
    this.#perConversation = limits.perConversation;
    this.#share = share;
  }

  /** How many conversations it remembers. */
  get size(): number {
    return this.#conversations.size;
  }

  /**
   * Takes a place for `conversation`, if it comes within the patience. `taken: false` took nothing.
   * `waitMs`: how long to wait (then go, or ask again).
   */
  reserve(
    conversation: string,
    nowMs: number,
    patience: RatePatience,
  ): { readonly taken: boolean; readonly waitMs: number } {
    const own = this.#perConversation && (this.#conversations.get(conversation) ?? 0);
    const ownWaitMs = this.#perConversation && own !== undefined ? waitOf(this.#perConversation, own, nowMs) : 0;
    const overall = this.#overall && shareOf(this.#overall, this.#share());
    const overallWaitMs = overall ? waitOf(overall, this.#bucket, nowMs) : 0;
    const waitMs = Math.max(ownWaitMs, overallWaitMs);
    if (ownWaitMs > patience.perConversationMs || overallWaitMs > patience.overallMs) return { taken: false, waitMs };
    if (overall) this.#bucket = taken(overall, this.#bucket, nowMs);
    if (this.#perConversation && own !== undefined) {
      this.#conversations.set(conversation, taken(this.#perConversation, own, nowMs));
      this.#sweep(nowMs);
    }
    return { taken: true, waitMs };
  }

  #sweep(nowMs: number): void {
    if (this.#conversations.size < this.#sweepAt) return;
    for (const [conversation, bucket] of this.#conversations) {
      if (bucket <= nowMs) this.#conversations.delete(conversation);
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#conversations.size);
  }
}

function shareOf({ perSecond, burst }: Rate, share: number): Rate {
  return { perSecond: perSecond * share, burst: Math.max(1, burst * share) };
}
