/**
 * A token bucket: `perSecond` tokens flow in, up to two seconds' worth (or `minBurst`). Time is monotonic ms.
 * Source: Turner, "New directions in communications", 1986 (leaky bucket as a meter).
 */
const BURST_SECONDS = 2;

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number, minBurst = 1) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(perSecond * BURST_SECONDS, minBurst);
    this.#tokens = this.#burst;
    this.#atMs = nowMs;
  }

  /** Takes `amount`, or nothing when there is not enough. */
  take(amount: number, nowMs: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) * this.#perSecond) / 1_000);
    this.#atMs = nowMs;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}
