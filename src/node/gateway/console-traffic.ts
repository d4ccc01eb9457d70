/** How much the workers handle and how long it takes, out of what they count: one reading a pulse. */
import { METRICS, type Sample } from "../../telemetry/index.ts";

export interface Traffic {
  readonly handledPerSecond: number;
  /** Failed tries, those of deliveries too. */
  readonly failedPerSecond: number;
  readonly handledBy: ReadonlyMap<string, number>;
  /** From accepted to committed, ms; null when nothing was handled. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Of one worker, since the reading before. */
interface Counted {
  spanMs: number;
  handled: number;
  failed: number;
}

const BOUNDS: readonly number[] = METRICS.latency.type === "histogram" ? METRICS.latency.bounds : [];
/** A worker that was silent for longer is not the same any more. */
const MAX_SPAN_MS = 5_000;

export class TrafficReader {
  readonly #heardAtMs = new Map<string, number>();
  #counted = new Map<string, Counted>();
  #latency = emptyBuckets();

  /** What a worker has counted since its heartbeat before. `isActor`: does the target take messages, and not deliveries? */
  heard(slot: string, samples: readonly Sample[], atMs: number, isActor: (target: string) => boolean): void {
    const spanMs = atMs - (this.#heardAtMs.get(slot) ?? atMs);
    this.#heardAtMs.set(slot, atMs);
    const counted = this.#counted.get(slot) ?? { spanMs: 0, handled: 0, failed: 0 };
    counted.spanMs += Math.min(spanMs, MAX_SPAN_MS);
    for (const { metric, labels, value } of samples) {
      const [target = "", stream] = labels;
      if (typeof value === "number") {
        if (metric === "processed" && stream === "in") counted.handled += value;
        else if (metric === "retried" || metric === "dead") counted.failed += value;
      } else if (metric === "latency" && isActor(target)) {
        for (const [bucket, count] of value.counts.entries())
          this.#latency[bucket] = (this.#latency[bucket] ?? 0) + count;
      }
    }
    this.#counted.set(slot, counted);
  }

  /** What was heard since the last time. Rates go by the heartbeats' own times, for they come unevenly. */
  take(): Traffic {
    const handledBy = new Map([...this.#counted].map(([slot, counted]) => [slot, perSecond(counted.handled, counted)]));
    const failed = [...this.#counted.values()].map((counted) => perSecond(counted.failed, counted));
    const traffic: Traffic = {
      handledPerSecond: sum([...handledBy.values()]),
      failedPerSecond: sum(failed),
      handledBy,
      p50Ms: quantileMs(this.#latency, 0.5),
      p99Ms: quantileMs(this.#latency, 0.99),
    };
    this.#counted = new Map();
    this.#latency = emptyBuckets();
    return traffic;
  }
}

function emptyBuckets(): number[] {
  return new Array(BOUNDS.length + 1).fill(0);
}

function perSecond(count: number, { spanMs }: Counted): number {
  return spanMs > 0 ? (count * 1_000) / spanMs : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** As Prometheus' `histogram_quantile`: even within its bucket. Bounds are seconds. */
function quantileMs(counts: readonly number[], share: number): number | null {
  const total = sum(counts);
  if (total === 0) return null;
  let left = share * total;
  for (const [bucket, count] of counts.entries()) {
    const upper = BOUNDS[bucket];
    if (upper === undefined) break;
    const lower = BOUNDS[bucket - 1] ?? 0;
    if (count > 0 && left <= count) return (lower + (upper - lower) * (left / count)) * 1_000;
    left -= count;
  }
  return (BOUNDS.at(-1) ?? 0) * 1_000;
}
