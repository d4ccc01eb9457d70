import { expect, test } from "bun:test";
import { Registry } from "../../telemetry/index.ts";
import { TrafficReader } from "./console-traffic.ts";

const isActor = (target: string) => target === "order";

/** What a worker counts in half a second: so many messages, each taking so long. */
function heartbeat(messages: number, seconds: number) {
  const registry = new Registry();
  registry.count("processed", ["order", "in"], messages);
  registry.count("processed", ["telegram", "out"], 1_000);
  registry.count("retried", ["order"], 2);
  registry.count("dead", ["order"], 1);
  for (let i = 0; i < messages; i++) registry.observe("latency", ["order"], seconds);
  registry.observe("latency", ["telegram"], 60);
  return registry.take();
}

test("rates go by the heartbeats' own times, and leave deliveries out", () => {
  const reader = new TrafficReader();
  reader.heard("w0", [], 0, isActor);
  reader.heard("w1", [], 0, isActor);
  reader.take();
  for (const atMs of [500, 1_000, 1_500]) reader.heard("w0", heartbeat(50, 0.004), atMs, isActor);
  reader.heard("w1", heartbeat(10, 0.004), 500, isActor);
  const traffic = reader.take();
  expect(traffic.handledBy).toEqual(
    new Map([
      ["w0", 100],
      ["w1", 20],
    ]),
  );
  expect(traffic.handledPerSecond).toBe(120);
  expect(traffic.failedPerSecond).toBe(12);
  expect(traffic.p50Ms).toBeGreaterThan(2.5);
  expect(traffic.p99Ms).toBeLessThanOrEqual(5);
});

test("nothing heard is nothing measured, not zero milliseconds", () => {
  const reader = new TrafficReader();
  reader.heard("w0", heartbeat(5, 0.004), 500, isActor);
  reader.take();
  expect(reader.take()).toMatchObject({ handledPerSecond: 0, p50Ms: null, p99Ms: null });
});
