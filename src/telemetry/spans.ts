/**
 * Traces: a webhook, its append, and each handling, commit and delivery that follows from it, as spans of one trace.
 *
 * The context travels in each message's meta as a W3C traceparent (https://www.w3.org/TR/trace-context/#traceparent-header), copied unchanged from
 * a message to what it sends. Whose child a span is follows from the ids of messages: the span that handles `m12-345` has the same id wherever
 * one asks, so nothing needs to be remembered between processes, nor is anything written for it.
 */
import { hash32 } from "../core/index.ts";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the root of what we know. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: "server" | "client" | "producer" | "consumer" | "internal";
  /** Wall ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Present: it failed. */
  readonly error?: string;
}

export interface TraceContext {
  readonly traceId: string;
  readonly parentSpanId: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Undefined for what is no traceparent of version 00, or has ids of zeros only. */
export function readTraceparent(text: string | null | undefined): TraceContext | undefined {
  const [, traceId = "", parentSpanId = ""] = TRACEPARENT.exec(text ?? "") ?? [];
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parentSpanId) ? { traceId, parentSpanId } : undefined;
}

export function writeTraceparent({ traceId, parentSpanId }: TraceContext): string {
  return `00-${traceId}-${parentSpanId}-01`;
}

/** The id of the span that handles (or delivers) a message of a trace. */
export function handlingSpanId(traceId: string, messageId: string): string {
  const text = `${traceId} ${messageId}`;
  return hexadecimal(hash32(text)) + hexadecimal(hash32(`${text}.`) || 1);
}

/** A handled message as it is told. */
export interface HandledMessage {
  readonly id: string;
  readonly target: string;
  readonly key: string;
  readonly attempt: number;
  readonly durationMs: number;
  readonly acceptedAtMs: number;
  readonly traceparent: string;
  /** The message whose handling sent it. */
  readonly cause?: string | undefined;
}

/** The spans of a message's handling and of the commit that made it true, which ended at `committedAtMs`. */
export function handlingSpans(message: HandledMessage, committedAtMs: number, commitMs: number): readonly Span[] {
  const context = readTraceparent(message.traceparent);
  if (!context) return [];
  const { traceId } = context;
  const { id, target, key, attempt, durationMs, cause } = message;
  const isDelivery = id.startsWith("d");
  const spanId = handlingSpanId(traceId, id);
  const commitStartMs = committedAtMs - commitMs;
  const handling: Span = {
    traceId,
    spanId,
    parentSpanId: cause === undefined ? context.parentSpanId : handlingSpanId(traceId, cause),
    name: `${isDelivery ? "deliver" : "handle"} ${target}`,
    kind: isDelivery ? "client" : "consumer",
    startMs: Math.max(message.acceptedAtMs, commitStartMs - durationMs),
    endMs: Math.max(message.acceptedAtMs, commitStartMs),
    attributes: { "godwit.message.id": id, "godwit.target": target, "godwit.key": key, "godwit.attempt": attempt },
  };
  const commit: Span = {
    traceId,
    spanId: handlingSpanId(traceId, `${id} commit`),
    parentSpanId: spanId,
    name: "commit",
    kind: "internal",
    startMs: handling.endMs,
    endMs: Math.max(handling.endMs, committedAtMs),
    attributes: { "godwit.message.id": id },
  };
  return [handling, commit];
}

function hexadecimal(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
