/** Samples as Prometheus reads them: the text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import { METRICS, type Metric, type MetricName } from "./metrics.ts";
import type { HistogramValue, Sample } from "./registry.ts";

export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function renderPrometheus(samples: readonly Sample[]): string {
  const byMetric = Map.groupBy(samples, ({ metric }) => metric);
  const names = Object.keys(METRICS) as MetricName[];
  return names.flatMap((name) => renderMetric(METRICS[name], byMetric.get(name) ?? [])).join("");
}

function renderMetric(metric: Metric, samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return [];
  const head = [`# HELP ${metric.name} ${metric.help}\n`, `# TYPE ${metric.name} ${metric.type}\n`];
  return [...head, ...samples.flatMap(({ labels, value }) => renderSeries(metric, labels, value))];
}

function renderSeries(metric: Metric, labels: readonly string[], value: number | HistogramValue): readonly string[] {
  const pairs = metric.labels.map((label, i) => `${label}="${escapeLabel(labels[i] ?? "")}"`);
  if (typeof value === "number") return [`${metric.name}${braces(pairs)} ${value}\n`];
  const bounds = metric.type === "histogram" ? metric.bounds : [];
  let below = 0;
  const buckets = value.counts.map((count, i) => {
    below += count;
    const le = i < bounds.length ? String(bounds[i]) : "+Inf";
    return `${metric.name}_bucket${braces([...pairs, `le="${le}"`])} ${below}\n`;
  });
  return [
    ...buckets,
    `${metric.name}_sum${braces(pairs)} ${value.sum}\n`,
    `${metric.name}_count${braces(pairs)} ${below}\n`,
  ];
}

function braces(pairs: readonly string[]): string {
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
