export { collectAppends, collectService, collectWork } from "./collect.ts";
export { type Failure, fingerprintOf, framesOf, type OwnsFile, titleOf, withoutVariables } from "./fingerprint.ts";
export { type HistogramMetric, METRICS, type Metric, type MetricName } from "./metrics.ts";
export { type OtlpResource, otlpTraces } from "./otlp.ts";
export { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from "./prometheus.ts";
export { type HistogramValue, Registry, type Sample } from "./registry.ts";
export { readSentryDsn, type SentryReport, type SentryTarget, sentryEnvelope } from "./sentry.ts";
export {
  type HandledMessage,
  handlingSpanId,
  handlingSpans,
  readTraceparent,
  type Span,
  type TraceContext,
  writeTraceparent,
} from "./spans.ts";
