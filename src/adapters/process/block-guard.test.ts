import { describe, expect, test } from "bun:test";
import { Events, ManualClock } from "../../core/index.ts";
import type { ExitReason } from "../../supervision/index.ts";
import { BlockGuard, type GuardedProcess } from "./block-guard.ts";
import { hear, look, openWatch } from "./block-watch.ts";
import { ChildProcess } from "./child-process.ts";

const LIMITS = { intervalMs: 500, limitMs: 5_000 };

describe("a block watch", () => {
  test("declares a process blocked exactly at its limit", () => {
    let watch = openWatch(0);
    for (let nowMs = 500; nowMs < 6_000; nowMs += 500) {
      if (nowMs === 1_000) watch = hear(watch, nowMs);
      const seen = look(watch, nowMs, LIMITS);
      expect(seen.blocked).toBe(false);
      watch = seen.watch;
    }
    expect(look(watch, 6_000, LIMITS)).toMatchObject({ blocked: true, silentMs: 5_000 });
  });

  test("a machine that slept for an hour blames nobody", () => {
    const { watch } = look(openWatch(0), 500, LIMITS);
    expect(look(watch, 3_600_500, LIMITS)).toMatchObject({ blocked: false, silentMs: 1_000 });
  });

  test("a silence that began before the machine slept goes on counting after it", () => {
    let watch = openWatch(0);
    for (let nowMs = 500; nowMs <= 3_000; nowMs += 500) watch = look(watch, nowMs, LIMITS).watch;
    watch = look(watch, 1_003_000, LIMITS).watch;
    let nowMs = 1_003_000;
    while (!look(watch, nowMs, LIMITS).blocked) {
      nowMs += 500;
      watch = look(watch, nowMs, LIMITS).watch;
    }
    expect(nowMs - 1_003_000).toBe(1_500);
  });
});

class FakeProcess implements GuardedProcess {
  pid: number | undefined = 4_711;
  killedWith: Error | undefined;
  readonly #ended = Promise.withResolvers<ExitReason>();
  readonly exited = this.#ended.promise;

  kill(error?: Error): void {
    this.killedWith = error;
    this.pid = undefined;
    this.#ended.resolve({ kind: "normal" });
  }
}

describe("BlockGuard", () => {
  test("kills a silent process once, and names what it was running", async () => {
    const clock = new ManualClock();
    const events = new Events();
    const blocked: unknown[] = [];
    events.on("process.blocked", (payload) => blocked.push(payload));
    const process = new FakeProcess();
    const guard = new BlockGuard({ path: "node/worker-1", process, events, clock });
    guard.start();
    await clock.advanceAsync(4_000);
    guard.beat(["concierge of room-7"]);
    await clock.advanceAsync(4_900);
    expect(process.killedWith).toBeUndefined();
    await clock.advanceAsync(600);
    expect(process.killedWith).toMatchObject({ code: "process_blocked", running: ["concierge of room-7"] });
    expect(process.killedWith?.message).toContain("while running concierge of room-7");
    expect(blocked).toMatchObject([{ path: "node/worker-1", pid: 4_711, running: ["concierge of room-7"] }]);
    await clock.advanceAsync(60_000);
    expect(blocked).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("asks a flight recorder what was running, where there is one", async () => {
    const clock = new ManualClock();
    const process = new FakeProcess();
    const guard = new BlockGuard({ path: "w", process, events: new Events(), clock, running: () => ["order 9"] });
    guard.start();
    guard.beat(["stale"]);
    await clock.advanceAsync(6_000);
    expect(process.killedWith).toMatchObject({ running: ["order 9"] });
  });

  test("lets go of a process that has ended, and can be stopped at any time", async () => {
    const clock = new ManualClock();
    const process = new FakeProcess();
    const guard = new BlockGuard({ path: "w", process, events: new Events(), clock });
    guard.stop();
    guard.start();
    process.kill();
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(0);
    guard.stop();
  });

  test("ends a real process in while (true) {}, with the reason as its end", async () => {
    const script =
      'setTimeout(() => { for (;;); }, 0); setInterval(() => console.log("beat"), 10); console.log("beat")';
    const beats: BlockGuard[] = [];
    const process = new ChildProcess({
      path: "test/worker",
      command: [globalThis.process.execPath, "-e", script],
      onLine: () => beats[0]?.beat(["the endless loop"]),
    });
    const guard = new BlockGuard({ path: "test/worker", process, events: new Events(), limitMs: 100 });
    beats.push(guard);
    await process.start();
    guard.start();
    expect(await process.exited).toMatchObject({ kind: "error", error: { code: "process_blocked" } });
  });
});
