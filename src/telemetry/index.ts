export { collectService, collectWork } from "./collect.ts";
export { type HistogramMetric, METRICS, type Metric, type MetricName } from "./metrics.ts";
export { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from "./prometheus.ts";
export { type HistogramValue, Registry, type Sample } from "./registry.ts";
