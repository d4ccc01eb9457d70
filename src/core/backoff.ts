/**
 * Exponential backoff with full jitter: a delay drawn evenly from [0, min(cap, base · 2^(attempt−1))].
 * Spreads the retries of many clients best with the least work (Brooker, "Exponential Backoff And Jitter", AWS 2015).
 */
export interface BackoffPolicy {
  /** Upper bound of the first delay, ms. */
  readonly baseMs: number;
  /** Upper bound of every delay, ms. */
  readonly capMs: number;
}

/** The delay before try `attempt + 1`, in whole ms; `attempt` ≥ 1 is the one that just failed. `random` gives [0, 1). */
export function fullJitterMs(policy: BackoffPolicy, attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 52));
  return Math.floor(random() * (ceiling + 1));
}
