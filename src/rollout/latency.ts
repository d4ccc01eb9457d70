/**
 * Latencies as counts in buckets that grow by a fifth: a quantile is at most 20 % above the truth, in a few dozen numbers that add up across
 * processes. As in HDR histograms and DDSketch (Masson, Rim and Lee, VLDB 2019), without their machinery.
 */
const GROWTH = 1.2;
const LOG_GROWTH: number = Math.log(GROWTH);
/** What takes less is as good, ms. */
const LEAST_MS = 0.1;
/** The last bucket holds all that took longer, which is over an hour. */
const MOST_BUCKETS = 100;

/** Pairs of a bucket and how many fell into it. */
export type LatencyCounts = readonly (readonly [bucket: number, count: number])[];

export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(ms: number, count = 1): void {
    this.#put(bucketOf(ms), count);
  }

  merge(counts: LatencyCounts): void {
    for (const [bucket, count] of counts) this.#put(bucket, count);
  }

  /** The time, ms, within which this share (0 to 1) was done; undefined when nothing was. */
  quantile(share: number): number | undefined {
    let left = Math.ceil(share * this.#total);
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return upperMs(bucket);
    }
    return undefined;
  }

  /** What was counted, and begins anew. */
  take(): LatencyCounts {
    const counts = [...this.#counts];
    this.#counts.clear();
    this.#total = 0;
    return counts;
  }

  #put(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#total += count;
  }
}

function bucketOf(ms: number): number {
  if (!(ms > LEAST_MS)) return 0;
  return Math.min(MOST_BUCKETS, Math.ceil(Math.log(ms / LEAST_MS) / LOG_GROWTH));
}

function upperMs(bucket: number): number {
  return LEAST_MS * GROWTH ** bucket;
}
