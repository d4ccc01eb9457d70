import { describe, expect, test } from "bun:test";
import { DEFAULT_LANE_LIMITS } from "./index.ts";
import { bodyOf, DONE, LaneWorld, noted, target } from "./lane-fixture.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seen = (list: readonly unknown[]): string => JSON.stringify({ seen: list });

describe("spilling", () => {
  test("a key with far more messages than a lane may hold is handled in order, within the memory's bound", async () => {
    await using world = await LaneWorld.open(1);
    let most = 0;
    const actor = target((run) => {
      most = Math.max(most, worker.statistics().queuedMessages);
      return noted(run);
    });
    await world.send("hot", numbers(2_000));
    const worker = await world.worker([actor], {
      limits: { laneMessages: 50, memoryMessages: 400, commitMessages: 100, readBatch: 100, turnMessages: 4 },
    });
    await world.until(async () => JSON.stringify(await world.state("hot")) === seen(numbers(2_000)));
    expect(most).toBeLessThanOrEqual(400);
    await world.until(async () => (await world.laneStatuses()).length === 0);
    await world.send("hot", [2_001]);
    await world.until(async () => JSON.stringify(await world.state("hot")) === seen(numbers(2_001)));
  });

  test("a hot key delays another by no more than its turn and its reading", async () => {
    await using world = await LaneWorld.open(1);
    const order: string[] = [];
    const actor = target((run) => {
      order.push(run.message.key);
      return { kind: "done", effects: {} };
    });
    await world.send("hot", numbers(2_000));
    await world.send("cold", [1]);
    await world.worker([actor], { limits: { laneMessages: 50, readBatch: 100, turnMessages: 4, commitMessages: 100 } });
    await world.until(() => order.includes("cold"), 10);
    expect(order.indexOf("cold")).toBeLessThan(700);
  });

  test("a slow key with 100,000 messages delays no other beyond a few of its own, and stays within the memory's bound", async () => {
    await using world = await LaneWorld.open(1);
    const cold = numbers(100).map((n) => `cold${n}`);
    const waited = new Map<string, number>();
    const hot: number[] = [];
    let isSlow = true;
    let most = 0;
    const actor = target(async (run) => {
      const { queuedMessages, uncommittedMessages } = worker.statistics();
      most = Math.max(most, queuedMessages + uncommittedMessages);
      if (run.message.key !== "hot") waited.set(run.message.key, hot.length);
      else {
        if (isSlow) await new Promise((resolve) => world.clock.after(1, () => resolve(undefined)));
        hot.push(bodyOf(run) as number);
      }
      return DONE;
    });
    for (let from = 0; from < 100_000; from += 10_000)
      await world.send(
        "hot",
        numbers(10_000).map((n) => from + n),
      );
    for (const key of cold) await world.send(key, [1]);
    const worker = await world.worker([actor]);
    await world.until(() => waited.size === cold.length, 1);
    expect(Math.max(...waited.values())).toBeLessThan(200);
    isSlow = false;
    await world.until(() => hot.length === 100_000, 10);
    expect(hot).toEqual(numbers(100_000));
    const { memoryMessages, commitMessages, readBatch } = DEFAULT_LANE_LIMITS;
    expect(most).toBeLessThanOrEqual(memoryMessages + commitMessages + readBatch);
  }, 30_000);

  test("a spilled key keeps its order over a takeover", async () => {
    await using world = await LaneWorld.open(1);
    const slow = target(async (run) => {
      await new Promise((resolve) => world.clock.after(10, () => resolve(undefined)));
      return noted(run);
    });
    await world.send("hot", numbers(200));
    const limits = { laneMessages: 20, readBatch: 40 };
    const first = await world.worker([slow], { limits });
    await world.clock.advanceAsync(300);
    await world.send("hot", [201, 202]);
    await world.clock.advanceAsync(200);
    expect(await world.laneStatuses()).toEqual(["actor/hot spilled"]);
    await first.stop();
    await world.worker([target(noted)], { memberId: "w2", limits });
    await world.until(async () => JSON.stringify(await world.state("hot")) === seen(numbers(202)));
  });

  test("a message that fails while it runs in a spilled lane is retried before the rest", async () => {
    await using world = await LaneWorld.open(1);
    const order: unknown[] = [];
    const actor = target((run) => {
      if (run.attempt === 1 && bodyOf(run) === 30) throw new Error("once");
      order.push(bodyOf(run));
      return noted(run);
    });
    await world.send("hot", numbers(100));
    await world.worker([actor], { limits: { laneMessages: 10, readBatch: 20 } });
    await world.until(() => order.length === 100);
    expect(order).toEqual(numbers(100));
  });
});

describe("congestion", () => {
  test("a target that is too slow for what comes does not keep the others from being read, and loses no order", async () => {
    await using world = await LaneWorld.open(1);
    const slow = target(
      async (run) => {
        await new Promise((resolve) => world.clock.after(100, () => resolve(undefined)));
        return noted(run);
      },
      { name: "slow", concurrency: 2 },
    );
    for (const n of numbers(100)) await world.send(`k${n}`, [1, 2, 3], "slow");
    await world.send("a", [1]);
    const congested = world.events.next("target.congested");
    const worker = await world.worker([slow, target(noted)], { limits: { memoryMessages: 80, readBatch: 40 } });
    await world.until(async () => JSON.stringify(await world.state("a")) === seen([1]), 100);
    expect(await congested).toEqual({ stream: "in", target: "slow" });
    expect(world.clock.monotonicMs()).toBeLessThan(12_000);
    await world.send("b", [1]);
    worker.wake([0]);
    await world.until(async () => JSON.stringify(await world.state("b")) === seen([1]), 10, 100);
    for (const n of numbers(100)) {
      await world.until(async () => JSON.stringify(await world.state(`k${n}`, "slow")) === seen([1, 2, 3]), 100);
    }
    await world.until(async () => (await world.laneStatuses()).length === 0);
  });
});
