/** How code does its work: what it handled, what failed, how long it took. Kept by each worker, added up by release. */
import { type LatencyCounts, LatencyHistogram } from "./latency.ts";

/** Since the sample before. */
export interface WorkSample {
  /** Messages, channel messages, HTTP requests: tries, failed ones included. */
  readonly handled: number;
  readonly failed: number;
  readonly latency: LatencyCounts;
}

/** For people. */
export interface WorkSummary {
  readonly handled: number;
  readonly failed: number;
  /** Failed ones of those handled, 0 to 1; 0 when none was. */
  readonly errorRate: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export class WorkStats {
  readonly #latency = new LatencyHistogram();
  #handled = 0;
  #failed = 0;

  done(tookMs: number): void {
    this.#handled++;
    this.#latency.add(tookMs);
  }

  failed(tookMs?: number): void {
    this.#handled++;
    this.#failed++;
    if (tookMs !== undefined) this.#latency.add(tookMs);
  }

  merge(sample: WorkSample): void {
    this.#handled += sample.handled;
    this.#failed += sample.failed;
    this.#latency.merge(sample.latency);
  }

  /** What was counted, and begins anew. */
  take(): WorkSample {
    const sample = { handled: this.#handled, failed: this.#failed, latency: this.#latency.take() };
    this.#handled = 0;
    this.#failed = 0;
    return sample;
  }

  get summary(): WorkSummary {
    const [handled, failed] = [this.#handled, this.#failed];
    const errorRate = handled === 0 ? 0 : failed / handled;
    const quantile = (share: number): number | null => this.#latency.quantile(share) ?? null;
    return { handled, failed, errorRate, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
  }
}
