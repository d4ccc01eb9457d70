/** Traces: one webhook becomes one trace, from the caller's span to the delivery, told to a collector over OTLP/HTTP. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { FakeProvider } from "../../src/testing/index.ts";
import telegramText from "../fixtures/providers/telegram/message-text.json" with { type: "json" };
import { ObservedNode } from "./observed-node.ts";

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";

test("a webhook, its append, handling, commit and delivery are one trace, each the child of what caused it", async () => {
  const spans: OtlpSpan[] = [];
  const paths = new Set<string>();
  await using collector = Bun.serve({
    port: 0,
    fetch: async (request) => {
      paths.add(new URL(request.url).pathname);
      const { resourceSpans } = (await request.json()) as OtlpRequest;
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      return Response.json({});
    },
  });
  await using provider = await FakeProvider.start();
  await using node = await ObservedNode.start({
    app: join(import.meta.dir, "../drill/fixtures/drill-app.ts"),
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`, TEST_PROVIDER_URL: provider.url },
  });
  const answer = await fetch(`${node.url}/webhooks/telegram`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-telegram-bot-api-secret-token": "telegram-secret",
      traceparent: `00-${TRACE_ID}-${CALLER}-01`,
    },
    body: JSON.stringify(telegramText.body),
  });
  expect(answer.status).toBe(200);
  await node.until(
    async () => spans.length,
    (count) => count >= 6,
  );
  expect([...paths]).toEqual(["/v1/traces"]);
  const named = (name: string) => spans.find((span) => span.name === name) as OtlpSpan;
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
  expect(named("webhook telegram").parentSpanId).toBe(CALLER);
  expect(named("append").parentSpanId).toBe(named("webhook telegram").spanId);
  expect(named("handle echo").parentSpanId).toBe(named("append").spanId);
  expect(named("deliver telegram").parentSpanId).toBe(named("handle echo").spanId);
  const commits = spans.filter(({ name }) => name === "commit").map(({ parentSpanId }) => parentSpanId);
  expect(new Set(commits)).toEqual(new Set([named("handle echo").spanId, named("deliver telegram").spanId]));
  for (const { spanId, startTimeUnixNano, endTimeUnixNano, kind } of spans) {
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    expect(kind).toBeGreaterThanOrEqual(1);
  }
  const [message] = (await node.ask("dead.list")).rows;
  expect(message).toBeUndefined();
});
