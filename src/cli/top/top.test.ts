import { describe, expect, test } from "bun:test";
import { Registry } from "../../telemetry/index.ts";
import { createStyle, visibleWidth } from "../style.ts";
import { figuresOf, type Reading } from "./figures.ts";
import { renderTop, sparkline } from "./screen.ts";

function reading(registry: Registry, atMs: number): Reading {
  return {
    node: {
      node: "n1",
      version: "0",
      pid: 1,
      url: "http://127.0.0.1:4000",
      startedAtMs: 0,
      store: "sqlite",
      app: { name: "front desk", codeVersion: "v1", actors: ["desk"], connectors: [] },
      sockets: { connections: 3, joined: 5 },
      shards: { count: 64, held: 64, lag: 7 },
      workers: [
        {
          worker: "w0",
          state: "down",
          pid: null,
          restarts: 4,
          memberId: null,
          codeVersion: null,
          rssBytes: null,
          loopDelayMs: null,
          reason: "killed by SIGKILL",
        },
      ],
      tree: { id: "node", path: "node", kind: "supervisor", state: "running", restarts: 0, sinceMs: 0 },
    },
    health: {
      ok: false,
      store: { description: "sqlite", answeredInMs: 1, clockAheadMs: null },
      findings: [
        {
          severity: "problem",
          check: "dead-letters",
          text: `1 dead letter of desk: ${"a long story ".repeat(20)}`,
          advice: "Mend it.",
          next: "godwit dead --target desk",
          page: null,
          count: 1,
          lastAtMs: 0,
        },
      ],
    },
    metrics: { atMs, samples: registry.samples() },
  };
}

function twoReadings() {
  const registry = new Registry();
  registry.count("processed", ["desk", "in"], 100);
  registry.observe("handlerTime", ["desk"], 20);
  const before = reading(registry, 0);
  registry.count("processed", ["desk", "in"], 50);
  registry.count("dead", ["desk"], 2);
  for (let i = 0; i < 99; i++) registry.observe("handlerTime", ["desk"], 0.002);
  registry.observe("handlerTime", ["desk"], 0.2);
  return { before, after: reading(registry, 2_000) };
}

describe("the figures of top", () => {
  test("are of the time between two readings, not of all time", () => {
    const { before, after } = twoReadings();
    expect(figuresOf(before, after)).toMatchObject({
      processedPerSecond: 25,
      latencyP50Ms: null,
      lag: 7,
      targets: [{ target: "desk", processedPerSecond: 25, p50Ms: 2.5, p99Ms: 2.5, retriedPerSecond: 0, dead: 2 }],
    });
  });

  test("begin anew when the node has been started again", () => {
    const { before, after } = twoReadings();
    expect(figuresOf(after, before).processedPerSecond).toBe(0);
  });
});

describe("the screen of top", () => {
  const { before, after } = twoReadings();
  const frame = { reading: after, figures: figuresOf(before, after), processed: [1, 5, 25], nowMs: 60_000 };

  test.each([40, 80, 200])("fits %d columns", (columns) => {
    for (const line of renderTop(frame, { columns, rows: 50 }, createStyle(true))) {
      if (columns >= 80) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
      expect(line).not.toContain("undefined");
    }
  });

  test("fits its rows, with the head kept", () => {
    const lines = renderTop(frame, { columns: 80, rows: 10 }, createStyle(false));
    expect(lines.length).toBe(8);
    expect(lines[0]).toMatch(/^ godwit · front desk +● 1 wrong$/);
  });

  test("names what is wrong and the command that shows more, and why a worker is down", () => {
    const text = renderTop(frame, { columns: 80, rows: 50 }, createStyle(false)).join("\n");
    expect(text).toContain("✗ 1 dead letter of desk: a long story");
    expect(text).toContain("godwit dead --target desk");
    expect(text).toMatch(/w0 +● down .* 4 +killed by SIGKILL/);
  });

  test("has no escape codes without colour", () => {
    expect(renderTop(frame, { columns: 80, rows: 50 }, createStyle(false)).join("")).not.toContain("\x1b");
  });
});

test("bars are as tall as the values against their highest", () => {
  expect(sparkline([0, 1, 50, 100])).toBe("▁▂▅█");
  expect(sparkline([0, 0])).toBe("▁▁");
});
