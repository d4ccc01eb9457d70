/** The first two spans of a trace: the webhook, and the append that made its messages durable. */
import type { Clock } from "../../core/index.ts";
import { readTraceparent, type Span, type TraceContext, writeTraceparent } from "../../telemetry/index.ts";
import type { WebhookTracing } from "../gateway/webhooks.ts";
import type { Tracer } from "./tracer.ts";

/** Goes on with the caller's trace where it sent one; else begins one. */
export function createWebhookTracing(tracer: Pick<Tracer, "record">, clock: Clock): WebhookTracing {
  return {
    begin: (connector, given) => {
      const caller = readTraceparent(given);
      const traceId = caller?.traceId ?? randomHex(16);
      const [webhookId, appendId] = [randomHex(8), randomHex(8)];
      const startMs = clock.wallMs();
      const context: TraceContext = { traceId, parentSpanId: appendId };
      return {
        traceparent: writeTraceparent(context),
        appended: () => {
          const common = { traceId, startMs, endMs: clock.wallMs(), attributes: { "godwit.connector": connector } };
          const webhook: Span = {
            ...common,
            spanId: webhookId,
            parentSpanId: caller?.parentSpanId ?? null,
            name: `webhook ${connector}`,
            kind: "server",
          };
          tracer.record(webhook);
          tracer.record({ ...common, spanId: appendId, parentSpanId: webhookId, name: "append", kind: "producer" });
        },
      };
    },
  };
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}
