import { expect, test } from "bun:test";
import { ConsoleHistory } from "./console-history.ts";
import type { Pulse } from "./console-protocol.ts";

function pulse(second: number, more: Partial<Pulse> = {}): Pulse {
  return {
    atMs: second * 1_000,
    accepted: second,
    handled: second,
    failed: 0,
    p50Ms: null,
    p99Ms: null,
    waiting: 0,
    sockets: 0,
    channels: 0,
    dead: 0,
    errors: 0,
    health: { ok: true, findings: [] },
    workers: [],
    ...more,
  };
}

test("keeps a quarter of an hour of seconds and forgets the oldest", () => {
  const history = new ConsoleHistory();
  for (let second = 0; second < 1_000; second++) history.note(pulse(second));
  expect(history.seconds.atMs).toHaveLength(900);
  expect(history.seconds.atMs[0]).toBe(100_000);
  expect(history.seconds.accepted.at(-1)).toBe(999);
});

test("folds ten seconds into one point: rates by their mean, times and what waits by their worst", () => {
  const history = new ConsoleHistory();
  const spans = Array.from({ length: 20 }, (_, second) =>
    history.note(pulse(second, { p99Ms: second === 4 ? 250 : 20, waiting: second === 7 ? 9 : 0 })),
  ).filter((span) => span !== undefined);
  expect(spans).toHaveLength(2);
  expect(spans[0]).toMatchObject({ atMs: 9_000, accepted: 4.5, p50Ms: null, p99Ms: 250, waiting: 9 });
  expect(history.spans.atMs).toEqual([9_000, 19_000]);
});

test("keeps the newest two hundred marks", () => {
  const history = new ConsoleHistory();
  for (let atMs = 0; atMs < 250; atMs++) history.mark({ atMs, kind: "start", subject: "w0", text: "is up" });
  expect(history.marks).toHaveLength(200);
  expect(history.marks[0]?.atMs).toBe(50);
});
