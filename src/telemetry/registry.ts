/**
 * Counters, gauges and histograms of one process, by name and labels; and how a worker's get to its node: as deltas, on the heartbeat.
 *
 * Bounded: a metric has at most `MAX_SERIES` combinations of labels; what comes beyond is counted under `other`. Counting is a map look-up
 * and an addition, for it happens with every message. Nothing here survives the process, as Prometheus expects.
 */
import { METRICS, type MetricName } from "./metrics.ts";

/** Combinations of labels that are kept apart, a metric. */
const MAX_SERIES = 500;
const OTHER = "other";

export interface HistogramValue {
  /** One a bucket, not cumulative; the last is for what exceeds them all. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** One series as it stands. `labels` in the order of the metric's own. */
export interface Sample {
  readonly metric: MetricName;
  readonly labels: readonly string[];
  readonly value: number | HistogramValue;
}

class Histogram {
  readonly counts: number[];
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }

  absorb({ counts, sum }: HistogramValue): void {
    for (const [bucket, count] of counts.entries()) this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    this.sum += sum;
  }
}

interface Series {
  readonly labels: readonly string[];
  value: number;
  readonly histogram: Histogram | undefined;
}

export class Registry {
  readonly #metrics = new Map<MetricName, Map<string, Series>>();

  /** Adds to a counter. */
  count(metric: MetricName, labels: readonly string[] = [], by = 1): void {
    this.#series(metric, labels).value += by;
  }

  /** Sets a gauge. */
  set(metric: MetricName, labels: readonly string[], value: number): void {
    this.#series(metric, labels).value = value;
  }

  /** Takes a value into a histogram, in the metric's unit. */
  observe(metric: MetricName, labels: readonly string[], value: number): void {
    this.#series(metric, labels).histogram?.observe(value);
  }

  /** Forgets a metric's series: a gauge whose subjects come and go is set anew at each scrape. */
  clear(metric: MetricName): void {
    this.#metrics.delete(metric);
  }

  samples(): readonly Sample[] {
    return [...this.#metrics].flatMap(([metric, series]) =>
      Array.from(series.values(), ({ labels, value, histogram }) => ({
        metric,
        labels,
        value: histogram ? { counts: [...histogram.counts], sum: histogram.sum } : value,
      })),
    );
  }

  /** What has been counted since the last time; the counts here begin anew. */
  take(): readonly Sample[] {
    const samples = this.samples();
    this.#metrics.clear();
    return samples;
  }

  /** Adds another process's delta. */
  absorb(samples: readonly Sample[]): void {
    for (const { metric, labels, value } of samples) {
      if (!Object.hasOwn(METRICS, metric)) continue; // A worker of newer code counts what this node does not know.
      const series = this.#series(metric, labels);
      if (typeof value === "number") series.value += value;
      else series.histogram?.absorb(value);
    }
  }

  #series(metric: MetricName, labels: readonly string[]): Series {
    let all = this.#metrics.get(metric);
    if (!all) {
      all = new Map();
      this.#metrics.set(metric, all);
    }
    const key = labels.length === 1 ? (labels[0] as string) : labels.join("\u0000");
    return all.get(key) ?? this.#add(metric, all, key, labels);
  }

  #add(metric: MetricName, all: Map<string, Series>, key: string, labels: readonly string[]): Series {
    if (all.size >= MAX_SERIES && !labels.every((label) => label === OTHER)) {
      return this.#series(
        metric,
        labels.map(() => OTHER),
      );
    }
    const definition = METRICS[metric];
    const histogram = definition.type === "histogram" ? new Histogram(definition.bounds) : undefined;
    const series: Series = { labels, value: 0, histogram };
    all.set(key, series);
    return series;
  }
}
