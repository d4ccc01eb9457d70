/**
 * Spans as OpenTelemetry's protocol takes them over HTTP: an ExportTraceServiceRequest as JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding):
 * ids in hexadecimal, 64-bit numbers as texts, enums as numbers.
 */
import type { Span } from "./spans.ts";

export interface OtlpResource {
  readonly service: string;
  readonly version: string;
  /** `node/gateway`, `node/w0`. */
  readonly instance: string;
}

const KINDS: Readonly<Record<Span["kind"], number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS_ERROR = 2;

export function otlpTraces({ service, version, instance }: OtlpResource, spans: readonly Span[]): object {
  const attributes = { "service.name": service, "service.version": version, "service.instance.id": instance };
  return {
    resourceSpans: [
      {
        resource: { attributes: toAttributes(attributes) },
        scopeSpans: [{ scope: { name: "godwit" }, spans: spans.map(toOtlp) }],
      },
    ],
  };
}

function toOtlp(span: Span): object {
  const { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, error } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== null && { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: toAttributes(attributes),
    ...(error !== undefined && { status: { code: STATUS_ERROR, message: error } }),
  };
}

function toAttributes(attributes: Readonly<Record<string, string | number>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(Math.round(value)) },
  }));
}

function nanoseconds(ms: number): string {
  return (BigInt(Math.round(ms * 1_000)) * 1_000n).toString();
}
