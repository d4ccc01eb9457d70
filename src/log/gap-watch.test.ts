import { describe, expect, test } from "bun:test";
import { Events, ManualClock } from "../core/index.ts";
import type { GapPassed, StoredMessage } from "../store/index.ts";
import { GapWatch } from "./index.ts";

function setUp(answer: () => Promise<{ passed: GapPassed[]; released: StoredMessage[] }>) {
  const clock = new ManualClock();
  const events = new Events();
  const asked: number[] = [];
  const grown: number[] = [];
  const passGaps = (nowMs: number) => {
    asked.push(nowMs);
    return answer();
  };
  const onGrown = (shards: readonly number[]) => void grown.push(...shards);
  const watch = new GapWatch({ store: { passGaps }, clock, events, onGrown, intervalMs: 1_000 });
  return { clock, events, asked, grown, watch };
}

const released: StoredMessage = {
  ...{ shard: 3, stream: "in", seq: 8, target: "desk", key: "k" },
  ...{ body: "1", meta: null, acceptedAtMs: 0 },
};

describe("GapWatch", () => {
  test("passes gaps at each interval, reports them and wakes who can go on", async () => {
    const gap = { source: "tg", fromSeq: 4, toSeq: 5 };
    const { clock, events, asked, grown, watch } = setUp(async () => ({ passed: [gap], released: [released] }));
    const passed = events.next("source.gap-passed");
    const accepted = events.next("message.accepted");
    watch.start();
    watch.start();
    await clock.advanceAsync(2_000);
    expect(asked).toHaveLength(2);
    expect(await passed).toEqual(gap);
    expect((await accepted).id).toBe("m3-8");
    expect(grown).toEqual([3, 3]);
    await watch.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test("survives a store that fails, and reports it", async () => {
    const { clock, events, asked, watch } = setUp(async () => {
      throw new Error("away");
    });
    const caught = events.next("error.caught");
    watch.start();
    await clock.advanceAsync(3_000);
    expect((await caught).stage).toBe("gap-watch");
    expect(asked).toHaveLength(3);
    await watch.stop();
  });

  test("may be stopped before it was started, and twice", async () => {
    const { clock, watch } = setUp(async () => ({ passed: [], released: [] }));
    await watch.stop();
    watch.start();
    await watch.stop();
    await watch.stop();
    await clock.advanceAsync(5_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
