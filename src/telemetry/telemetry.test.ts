import { describe, expect, test } from "bun:test";
import { Events } from "../core/index.ts";
import { collectWork, type HistogramValue, METRICS, Registry, renderPrometheus, type Sample } from "./index.ts";

describe("a registry", () => {
  test("adds up what other processes counted, histograms by the bucket", () => {
    const [node, w0, w1] = [new Registry(), new Registry(), new Registry()];
    w0.count("processed", ["desk", "in"], 3);
    w1.count("processed", ["desk", "in"], 4);
    w0.observe("handlerTime", ["desk"], 0.0004);
    w1.observe("handlerTime", ["desk"], 100);
    for (const worker of [w0, w1]) node.absorb(worker.take());
    expect(w0.take()).toEqual([]);
    const [processed, time] = node.samples() as readonly [Sample, Sample];
    expect(processed).toEqual({ metric: "processed", labels: ["desk", "in"], value: 7 });
    const { counts, sum } = time.value as HistogramValue;
    expect(sum).toBe(100.0004);
    expect(counts.flatMap((count, bucket) => (count > 0 ? [bucket] : []))).toEqual([2, counts.length - 1]);
  });

  test("bounds the series of a metric: what comes beyond is counted as other", () => {
    const registry = new Registry();
    for (let i = 0; i < 2_000; i++) registry.count("dead", [`target-${i}`]);
    const samples = registry.samples();
    expect(samples.length).toBe(501);
    expect(samples.at(-1)).toEqual({ metric: "dead", labels: ["other"], value: 1_500 });
  });

  test("passes over a metric that only newer code knows", () => {
    const registry = new Registry();
    registry.absorb([{ metric: "unheard-of" as never, labels: [], value: 1 }]);
    expect(registry.samples()).toEqual([]);
  });
});

test("the events of work become counts by actor, with their times in seconds", () => {
  const events = new Events(() => 5_000);
  const registry = new Registry();
  collectWork(events, registry);
  const message = { target: "desk", key: "k", attempt: 1, acceptedAtMs: 4_990, durationMs: 2 };
  events.emit("message.processed", {
    member: "m",
    messages: [
      { ...message, id: "m1-1" },
      { ...message, id: "d1-1", target: "chat" },
    ],
  });
  events.emit("message.failed", { target: "desk", key: "k", id: "m1-2", attempt: 1, retryInMs: 5, error: new Error() });
  events.emit("message.failed", { target: "desk", key: "k", id: "m1-2", attempt: 2, error: new Error() });
  const text = renderPrometheus(registry.samples());
  expect(text).toContain('godwit_messages_processed_total{target="desk",stream="in"} 1\n');
  expect(text).toContain('godwit_messages_processed_total{target="chat",stream="out"} 1\n');
  expect(text).toContain('godwit_messages_retried_total{target="desk"} 1\n');
  expect(text).toContain('godwit_handler_seconds_bucket{target="desk",le="0.0025"} 1\n');
  expect(text).toContain('godwit_message_latency_seconds_sum{target="desk"} 0.01\n');
});

test("a label may hold anything", () => {
  const registry = new Registry();
  registry.count("errors", ['a "quoted"\n\\path']);
  expect(renderPrometheus(registry.samples())).toContain('stage="a \\"quoted\\"\\n\\\\path"} 1');
});

test("every metric is named and described as Prometheus asks", () => {
  for (const { name, help, type } of Object.values(METRICS)) {
    expect(name).toMatch(/^godwit_[a-z_]+$/);
    expect(help).toEndWith(".");
    expect(name.endsWith("_total")).toBe(type === "counter");
  }
});

test("the dashboard asks for no metric that there is not", async () => {
  const dashboard = await Bun.file(new URL("../../docs/operate/grafana-dashboard.json", import.meta.url)).text();
  const known = new Set(Object.values(METRICS).map(({ name }) => name));
  const asked = new Set(
    Array.from(dashboard.matchAll(/godwit_[a-z_]+/g), ([name]) => name.replace(/_(bucket|sum|count)$/, "")),
  );
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});
