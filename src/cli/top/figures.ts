/** Rates and percentiles: the difference of two snapshots of the node's counts. Pure. */
import type { Health, MetricsSnapshot, NodeDetails, WorkerRow } from "../../inspect/index.ts";
import { type HistogramValue, METRICS, type MetricName, type Sample } from "../../telemetry/index.ts";

/** What the node said at one moment. */
export interface Reading {
  readonly node: NodeDetails;
  readonly health: Health;
  readonly metrics: MetricsSnapshot;
}

export interface TargetFigures {
  readonly target: string;
  readonly processedPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly retriedPerSecond: number;
  /** Since the node's start. */
  readonly dead: number;
}

export interface Figures {
  readonly acceptedPerSecond: number;
  readonly processedPerSecond: number;
  readonly latencyP50Ms: number | null;
  readonly latencyP99Ms: number | null;
  readonly commitP99Ms: number | null;
  readonly connections: number;
  readonly joined: number;
  readonly sentPerSecond: number;
  readonly lag: number | null;
  readonly loopDelayMs: number;
  readonly workers: readonly WorkerRow[];
  /** The busiest first. */
  readonly targets: readonly TargetFigures[];
}

const SECOND_MS = 1_000;

/** Of the time between two readings; what has not happened in it has no percentile. */
export function figuresOf(before: Reading, after: Reading): Figures {
  const change = new Change(before.metrics, after.metrics);
  const { node } = after;
  return {
    acceptedPerSecond: change.perSecond("accepted"),
    processedPerSecond: change.perSecond("processed"),
    latencyP50Ms: change.percentileMs("latency", 0.5),
    latencyP99Ms: change.percentileMs("latency", 0.99),
    commitP99Ms: change.percentileMs("commitTime", 0.99),
    connections: node.sockets.connections,
    joined: node.sockets.joined,
    sentPerSecond: change.perSecond("sent"),
    lag: node.shards?.lag ?? null,
    loopDelayMs: Math.max(0, ...samplesOf(after.metrics, "loopDelay").map(({ value }) => Number(value) * SECOND_MS)),
    workers: node.workers,
    targets: targetsOf(after.metrics)
      .map((target) => ({
        target,
        processedPerSecond: change.perSecond("processed", target),
        p50Ms: change.percentileMs("handlerTime", 0.5, target),
        p99Ms: change.percentileMs("handlerTime", 0.99, target),
        retriedPerSecond: change.perSecond("retried", target),
        dead: total(after.metrics, "dead", target),
      }))
      .sort((a, b) => b.processedPerSecond - a.processedPerSecond || (a.target < b.target ? -1 : 1)),
  };
}

class Change {
  readonly #before: MetricsSnapshot;
  readonly #after: MetricsSnapshot;
  readonly #seconds: number;

  constructor(before: MetricsSnapshot, after: MetricsSnapshot) {
    this.#before = before;
    this.#after = after;
    this.#seconds = Math.max(0.001, (after.atMs - before.atMs) / SECOND_MS);
  }

  perSecond(metric: MetricName, target?: string): number {
    const grown = total(this.#after, metric, target) - total(this.#before, metric, target);
    return Math.max(0, grown) / this.#seconds;
  }

  /** The upper bound of the bucket in which the percentile lies, as the histogram knows no better; null without observations. */
  percentileMs(metric: MetricName, percentile: number, target?: string): number | null {
    const definition = METRICS[metric];
    const bounds = definition.type === "histogram" ? definition.bounds : [];
    const earlier = buckets(this.#before, metric, target);
    const counts = buckets(this.#after, metric, target).map((count, i) => count - (earlier[i] ?? 0));
    const sum = counts.reduce((all, count) => all + count, 0);
    if (sum <= 0) return null;
    let below = 0;
    for (const [i, count] of counts.entries()) {
      below += count;
      if (below >= percentile * sum) return (bounds[i] ?? (bounds.at(-1) as number)) * SECOND_MS;
    }
    return null;
  }
}

function samplesOf({ samples }: MetricsSnapshot, metric: MetricName, target?: string): readonly Sample[] {
  return samples.filter((sample) => sample.metric === metric && (target === undefined || sample.labels[0] === target));
}

function total(snapshot: MetricsSnapshot, metric: MetricName, target?: string): number {
  return samplesOf(snapshot, metric, target).reduce((sum, { value }) => sum + Number(value), 0);
}

function buckets(snapshot: MetricsSnapshot, metric: MetricName, target?: string): readonly number[] {
  const sum: number[] = [];
  for (const { value } of samplesOf(snapshot, metric, target)) {
    for (const [i, count] of (value as HistogramValue).counts.entries()) sum[i] = (sum[i] ?? 0) + count;
  }
  return sum;
}

function targetsOf(snapshot: MetricsSnapshot): readonly string[] {
  const named = [
    ...samplesOf(snapshot, "processed"),
    ...samplesOf(snapshot, "dead"),
    ...samplesOf(snapshot, "retried"),
  ];
  return [...new Set(named.map(({ labels }) => labels[0] as string))].filter((target) => target !== "godwit:control");
}
