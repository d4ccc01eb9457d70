/**
 * Sends spans to an OpenTelemetry collector over HTTP, when `OTEL_EXPORTER_OTLP_ENDPOINT` names one. Each process sends its own: the node what
 * webhooks bring, each worker what it handles. Bounded: while the collector is slow or away, spans beyond the bound are dropped.
 *
 * States: idle ⇄ waiting (a timer is armed) ⇄ sending. Nothing survives; traces are for looking, the log is the truth.
 */
import { type Clock, type Events, SECOND, type Timer } from "../../core/index.ts";
import { handlingSpans, type OtlpResource, otlpTraces, type Span } from "../../telemetry/index.ts";

const ENDPOINT_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS_VARIABLE = "OTEL_EXPORTER_OTLP_HEADERS";
const SEND_EVERY_MS: number = SECOND;
const MAX_WAITING = 5_000;
const TIMEOUT_MS = 5_000;

export class Tracer {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #resource: OtlpResource;
  readonly #clock: Clock;
  #waiting: Span[] = [];
  #timer: Timer | undefined;

  private constructor(
    endpoint: string,
    headers: Readonly<Record<string, string>>,
    resource: OtlpResource,
    clock: Clock,
  ) {
    this.#url = `${endpoint.replace(/\/$/, "")}/v1/traces`;
    this.#headers = headers;
    this.#resource = resource;
    this.#clock = clock;
  }

  /** Undefined when no collector is named: then no message carries a trace, and nothing is spent on it. */
  static fromEnvironment(resource: OtlpResource, clock: Clock): Tracer | undefined {
    const endpoint = process.env[ENDPOINT_VARIABLE];
    if (!endpoint) return undefined;
    const service = process.env.OTEL_SERVICE_NAME ?? resource.service;
    return new Tracer(endpoint, readHeaders(process.env[HEADERS_VARIABLE]), { ...resource, service }, clock);
  }

  /** Tells what lanes handle, as long as it carries a trace. */
  listen(events: Events): void {
    let commitMs = 0;
    events.on("commit.done", ({ tookMs }) => {
      commitMs = tookMs;
    });
    events.on("message.processed", ({ messages }, { atMs }) => {
      for (const message of messages) {
        if (message.traceparent === undefined) continue;
        const { traceparent } = message;
        for (const span of handlingSpans({ ...message, traceparent }, atMs, commitMs)) this.record(span);
      }
    });
  }

  record(span: Span): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(span);
    this.#timer ??= this.#clock.after(SEND_EVERY_MS, () => void this.#send());
  }

  async #send(): Promise<void> {
    const spans = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    const body = JSON.stringify(otlpTraces(this.#resource, spans));
    const headers = { ...this.#headers, "content-type": "application/json" };
    // A collector that is away is no fault of ours to tell of, once a second, for ever.
    await fetch(this.#url, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {});
  }
}

/** `name=value,name=value`, values percent-encoded, as OpenTelemetry's specification has it. */
function readHeaders(text = ""): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at > 0 ? [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const] : [];
  });
  return Object.fromEntries(pairs);
}
