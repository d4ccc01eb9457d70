import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { StoredMessage } from "../store/index.ts";
import { createLane, type Lane, type OwnedShard, ownShard, refKey } from "./lane.ts";
import { target } from "./lane-fixture.ts";
import { NOTHING_HANDLED } from "./progress.ts";
import { LaneScheduler } from "./scheduler.ts";
import type { LaneTarget } from "./target.ts";

const noop = target(() => ({ kind: "done", effects: {} }), { concurrency: 2 });

function shardOfOurs(): OwnedShard {
  const progress = { in: NOTHING_HANDLED, out: NOTHING_HANDLED };
  return ownShard({ shard: 0, epoch: 1, progress, lanes: [], suspects: [] });
}

function readyLane(
  scheduler: LaneScheduler,
  shard: OwnedShard,
  key: string,
  messages = 1,
  of: LaneTarget = noop,
): Lane {
  const lane = createLane(shard, "in", { target: of, messages: 0, congested: false }, key);
  for (let i = 0; i < messages; i++) lane.queue.push(message(key, i + 1));
  offer(scheduler, lane);
  return lane;
}

function message(key: string, seq: number): StoredMessage {
  return { shard: 0, stream: "in", seq, target: "actor", key, body: "1", meta: null, acceptedAtMs: 0 };
}

function offer(scheduler: LaneScheduler, lane: Lane): void {
  lane.phase = "ready";
  scheduler.ready(lane);
}

describe("LaneScheduler", () => {
  test("lanes come round in order, however much each has waiting", () => {
    const scheduler = new LaneScheduler(10);
    const shard = shardOfOurs();
    const busy = readyLane(scheduler, shard, "busy", 100);
    readyLane(scheduler, shard, "calm");
    const turns: string[] = [];
    for (let i = 0; i < 4; i++) {
      const lane = scheduler.next();
      if (!lane) break;
      turns.push(lane.key);
      lane.queue.shift();
      scheduler.ended(lane);
      if (lane.queue.length > 0) offer(scheduler, lane);
    }
    expect(turns).toEqual(["busy", "calm", "busy", "busy"]);
    expect(busy.queue.length).toBe(97);
  });

  test("a target at its limit waits, and delays no other target", () => {
    const scheduler = new LaneScheduler(10);
    const shard = shardOfOurs();
    const other = { ...noop, name: "other" };
    const [first] = ["a1", "a2", "a3"].map((key) => readyLane(scheduler, shard, key));
    readyLane(scheduler, shard, "b1", 1, other);
    const turns = [scheduler.next(), scheduler.next(), scheduler.next(), scheduler.next()].map((lane) => lane?.key);
    expect(turns).toEqual(["a1", "b1", "a2", undefined]);
    if (first) scheduler.ended(first);
    expect(scheduler.next()?.key).toBe("a3");
  });

  test("a suspect starts only when nothing runs, and nothing starts beside it", () => {
    const scheduler = new LaneScheduler(10);
    const shard = shardOfOurs();
    const calm = readyLane(scheduler, shard, "calm");
    expect(scheduler.next()).toBe(calm);
    const suspect = createLane(shard, "in", { target: noop, messages: 0, congested: false }, "suspect");
    suspect.queue.push(message("suspect", 7));
    shard.suspects.set(refKey({ shard: 0, stream: "in", seq: 7 }), { shard: 0, stream: "in", seq: 7, crashes: 1 });
    offer(scheduler, suspect);
    readyLane(scheduler, shard, "later");
    expect(scheduler.next()).toBeUndefined();
    scheduler.ended(calm);
    expect(scheduler.next()).toBe(suspect);
    expect(scheduler.next()).toBeUndefined();
    scheduler.ended(suspect);
    expect(scheduler.next()?.key).toBe("later");
  });

  test("between two turns of a lane, every other ready lane has had one", () => {
    const waiting = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(waiting, (counts) => {
        const scheduler = new LaneScheduler(1);
        const shard = shardOfOurs();
        const lanes = counts.map((count, i) => readyLane(scheduler, shard, `k${i}`, count));
        const lastTurn = new Map<Lane, number>();
        for (let turn = 1; ; turn++) {
          const lane = scheduler.next();
          if (!lane) break;
          const since = lastTurn.get(lane) ?? 0;
          const others = lanes.filter((each) => each !== lane && each.queue.length > 0);
          if (since > 0) for (const each of others) expect(lastTurn.get(each) ?? 0).toBeGreaterThan(since);
          lastTurn.set(lane, turn);
          lane.queue.shift();
          scheduler.ended(lane);
          if (lane.queue.length > 0) offer(scheduler, lane);
        }
        expect(lanes.every((lane) => lane.queue.length === 0)).toBe(true);
      }),
    );
  });
});
