import { describe, expect, test } from "bun:test";
import type { TimerRecord } from "../store/index.ts";
import { bodyOf, DONE, LaneWorld, target } from "./lane-fixture.ts";

function timer(world: LaneWorld, key: string, name: string, inMs: number, body: unknown = name): TimerRecord {
  const { shard, target: name_, body: text } = world.message(key, body);
  return { shard, target: name_, key, name, dueAtMs: world.clock.wallMs() + inMs, body: text, meta: null };
}

describe("timers", () => {
  test("fire in time order, each as a message of its key, once", async () => {
    await using world = await LaneWorld.open();
    const fired: unknown[] = [];
    const actor = target((run) => {
      if (bodyOf(run) !== "start") {
        fired.push(bodyOf(run));
        return DONE;
      }
      const timers = [
        timer(world, "a", "third", 3_000),
        timer(world, "b", "first", 1_000),
        timer(world, "a", "second", 2_000),
      ];
      return { kind: "done", effects: { timers } };
    });
    await world.send("a", ["start"]);
    await world.worker([actor]);
    await world.clock.advanceAsync(900);
    expect(fired).toEqual([]);
    await world.until(() => fired.length === 3);
    await world.clock.advanceAsync(60_000);
    expect(fired).toEqual(["first", "second", "third"]);
  });

  test("one that is cancelled or replaced in time does not fire", async () => {
    await using world = await LaneWorld.open();
    const fired: unknown[] = [];
    const actor = target((run) => {
      const body = bodyOf(run);
      if (body === "start") {
        return {
          kind: "done",
          effects: { timers: [timer(world, "a", "x", 5_000), timer(world, "a", "y", 5_000, "y1")] },
        };
      }
      if (body === "change") {
        const timersDone = [{ target: "actor", key: "a", name: "x" }];
        return { kind: "done", effects: { timers: [timer(world, "a", "y", 20_000, "y2")], timersDone } };
      }
      fired.push(body);
      return DONE;
    });
    await world.send("a", ["start"]);
    await world.worker([actor]);
    await world.clock.advanceAsync(2_000);
    await world.send("a", ["change"]);
    await world.clock.advanceAsync(60_000);
    expect(fired).toEqual(["y2"]);
  });

  test("one that a handler sets anew while it falls due fires at its new time only", async () => {
    await using world = await LaneWorld.open(1);
    const fired: number[] = [];
    const startMs = world.clock.wallMs();
    const actor = target((run) => {
      if (bodyOf(run) === "tick") {
        fired.push(world.clock.wallMs() - startMs);
        return DONE;
      }
      return { kind: "done", effects: { timers: [timer(world, "a", "x", 1_000, "tick")] } };
    });
    await world.send("a", ["set"]);
    const worker = await world.worker([actor]);
    for (let i = 0; i < 10; i++) {
      await world.clock.advanceAsync(500);
      await world.send("a", ["set"]);
      worker.wake([0]);
      await world.until(async () => (await world.store.shards())[0]?.cursor.in === i + 2, 0);
    }
    await world.clock.advanceAsync(5_000);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(6_000);
  });

  test("after a downtime they come a few at a time, in order, and are counted as late", async () => {
    await using world = await LaneWorld.open(1);
    const fired: unknown[] = [];
    const actor = target((run) => {
      if (bodyOf(run) !== "start") {
        fired.push(bodyOf(run));
        return DONE;
      }
      const timers = Array.from({ length: 95 }, (_, i) => timer(world, "a", `t${i}`, 1_000 + i, i));
      return { kind: "done", effects: { timers } };
    });
    await world.send("a", ["start"]);
    const first = await world.worker([actor]);
    await world.clock.advanceAsync(100);
    await first.stop();
    world.clock.advance(3_600_000);
    const ticks: { fired: number; late: number }[] = [];
    world.events.on("timer.fired", ({ fired, late, maxLateMs }) => {
      expect(maxLateMs).toBeGreaterThan(3_000_000);
      ticks.push({ fired, late });
    });
    await world.worker([actor], { memberId: "w2", limits: { timersPerTick: 10, timerTickMs: 100 } });
    await world.until(() => fired.length === 95);
    expect(ticks).toEqual([...Array(9).fill({ fired: 10, late: 10 }), { fired: 5, late: 5 }]);
    expect(fired).toEqual(Array.from({ length: 95 }, (_, i) => i));
  });
});
