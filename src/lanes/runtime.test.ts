import { describe, expect, test } from "bun:test";
import { GodwitError } from "../core/index.ts";
import { messageId } from "../store/index.ts";
import type { CommittedBroadcast } from "./index.ts";
import { bodyOf, DONE, LaneWorld, noted, target } from "./lane-fixture.ts";
import type { AskReply } from "./target.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("LaneRuntime", () => {
  test("handles each key's messages once, in order, and commits state and deliveries together", async () => {
    await using world = await LaneWorld.open();
    const actor = target((run) => {
      const outcome = noted(run);
      const delivery = {
        shard: run.message.shard,
        target: "door",
        key: run.message.key,
        body: run.message.body,
        meta: null,
      };
      return outcome.kind === "done"
        ? { kind: "done", effects: { ...outcome.effects, deliveries: [delivery] } }
        : outcome;
    });
    for (const key of ["a", "b", "c", "d", "e"]) await world.send(key, numbers(20));
    const sent: string[] = [];
    const door = target(
      (run) => {
        sent.push(`${run.message.key}${run.message.body}`);
        return DONE;
      },
      { stream: "out", name: "door" },
    );
    await world.worker([actor, door]);
    await world.until(() => sent.length === 100);
    for (const key of ["a", "b", "c", "d", "e"]) {
      expect(await world.state(key)).toEqual({ seen: numbers(20) });
      expect(sent.filter((line) => line.startsWith(key))).toEqual(numbers(20).map((n) => `${key}${n}`));
    }
    await world.until(async () => {
      const shards = await world.store.shards();
      return Bun.deepEquals(
        shards.map(({ cursor }) => cursor),
        shards.map(({ head }) => head),
      );
    });
  });

  test("handles what arrives later, when woken and without", async () => {
    await using world = await LaneWorld.open();
    const worker = await world.worker([target(noted)]);
    await world.send("a", [1]);
    worker.wake([0, 1, 2, 3]);
    await world.until(async () => (await world.state("a")) !== undefined, 0);
    await world.send("a", [2]);
    await world.until(async () => JSON.stringify(await world.state("a")) === '{"seen":[1,2]}');
  });

  test("runs asynchronous handlers of different keys side by side, of one key one at a time", async () => {
    await using world = await LaneWorld.open();
    let running = 0;
    let most = 0;
    const perKey = new Map<string, number>();
    const actor = target(async (run) => {
      const { key } = run.message;
      perKey.set(key, (perKey.get(key) ?? 0) + 1);
      expect(perKey.get(key)).toBe(1);
      most = Math.max(most, ++running);
      await new Promise((resolve) => world.clock.after(10, () => resolve(undefined)));
      running -= 1;
      perKey.set(key, 0);
      return noted(run);
    });
    for (const key of ["a", "b", "c"]) await world.send(key, numbers(5));
    await world.worker([actor]);
    await world.until(async () => JSON.stringify(await world.state("c")) === '{"seen":[1,2,3,4,5]}');
    await world.until(async () => JSON.stringify(await world.state("a")) === '{"seen":[1,2,3,4,5]}');
    expect(most).toBe(3);
  });

  test("an asynchronous handler that waits for nothing costs a key no turn of the event loop, nor a commit, a message", async () => {
    await using world = await LaneWorld.open();
    let commits = 0;
    world.events.on("commit.done", () => {
      commits += 1;
    });
    await world.send("a", numbers(500));
    await world.worker([target(async (run) => noted(run))]);
    await world.until(async () => JSON.stringify(await world.state("a")) === JSON.stringify({ seen: numbers(500) }), 0);
    expect(commits).toBeLessThan(10);
  });

  test("never runs more lanes of a target than it allows", async () => {
    await using world = await LaneWorld.open();
    let running = 0;
    let most = 0;
    const actor = target(
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => world.clock.after(10, () => resolve(undefined)));
        running -= 1;
        return DONE;
      },
      { concurrency: 2 },
    );
    for (const key of numbers(10)) await world.send(`k${key}`, [1]);
    let handled = 0;
    world.events.on("commit.done", (commit) => {
      handled += commit.handled;
    });
    await world.worker([actor]);
    await world.until(() => handled === 10);
    expect(most).toBe(2);
  });

  test("tells of broadcasts and replies only after their commit, with the sequence of kept ones", async () => {
    await using world = await LaneWorld.open();
    const broadcasts: CommittedBroadcast[] = [];
    const replies: AskReply[] = [];
    const grown: number[] = [];
    let committed = false;
    world.events.on("commit.done", () => {
      committed = true;
    });
    const live = { topic: "live", event: "e", payload: "1" };
    const kept = { topic: "kept", event: "e", payload: "2" };
    const reply = { process: "p", askId: "1", body: "3", ok: true };
    const actor = target((run) => {
      expect(committed).toBe(false);
      const sends = [world.message("b", 1, "other")];
      return run.message.target === "actor"
        ? { kind: "done", effects: { broadcasts: [live], history: [kept], replies: [reply], sends } }
        : DONE;
    });
    await world.send("a", [1]);
    await world.worker([actor], {
      onCommitted: {
        broadcasts: (list) => broadcasts.push(...list),
        replies: (list) => replies.push(...list),
        grown: (list) => grown.push(...list),
      },
    });
    await world.until(() => broadcasts.length > 0);
    expect(broadcasts).toEqual([{ ...kept, seq: 1 }, live]);
    expect(replies).toEqual([reply]);
    expect(grown).toEqual([world.message("b", 1).shard]);
  });

  test("a message for a target that is not defined is retried, then dead, and stops nobody", async () => {
    await using world = await LaneWorld.open();
    await world.send("a", [1], "nobody");
    await world.send("a", [1]);
    await world.worker([target(noted)]);
    await world.until(async () => (await world.state("a")) !== undefined);
    expect(await world.laneStatuses()).toEqual(["nobody/a retrying"]);
    await world.until(async () => (await world.deadLetters()).length === 1, 10_000);
    expect(await world.deadLetters()).toEqual(["a 1 dead 12"]);
  });

  test("a gap that a send did not wait for is reported", async () => {
    await using world = await LaneWorld.open(1);
    const actor = target((run) => {
      const order = { source: "s", externalSeq: bodyOf(run) as number, gapWaitMs: 30_000 };
      return { kind: "done", effects: { sends: [{ ...world.message("b", 0, "other"), order }] } };
    });
    const passed = world.events.next("source.gap-passed");
    await world.send("a", [1, 1_000_000]);
    await world.worker([actor, target(() => DONE, { name: "other" })]);
    expect(await passed).toEqual({ source: "s", fromSeq: 2, toSeq: 999_999 });
  });

  test("a broken callback is reported and harms nothing", async () => {
    await using world = await LaneWorld.open();
    const caught: string[] = [];
    world.events.on("error.caught", ({ stage }) => caught.push(stage));
    await world.send("a", [1]);
    await world.worker(
      [target(() => ({ kind: "done", effects: { broadcasts: [{ topic: "t", event: "e", payload: "1" }] } }))],
      {
        onCommitted: {
          broadcasts: () => {
            throw new Error("no");
          },
          replies: () => {},
          grown: () => {},
        },
      },
    );
    await world.until(() => caught.length > 0);
    expect(caught).toEqual(["lanes: onCommitted.broadcasts"]);
  });

  test("drain lets running handlers end and commits them; what had not started is left to the next holder", async () => {
    await using world = await LaneWorld.open();
    const started = Promise.withResolvers<void>();
    const actor = target(async (run) => {
      started.resolve();
      await new Promise((resolve) => world.clock.after(1_000, () => resolve(undefined)));
      return noted(run);
    });
    await world.send("a", [1, 2]);
    const worker = await world.worker([actor]);
    await started.promise;
    const drained = worker.drain(5_000);
    await world.clock.advanceAsync(1_000);
    await drained;
    expect(await world.state("a")).toEqual({ seen: [1] });
    expect((await world.store.shards()).map(({ owner }) => owner)).toEqual([null, null, null, null]);
    await world.worker([target(noted)], { memberId: "w2" });
    await world.until(async () => JSON.stringify(await world.state("a")) === '{"seen":[1,2]}');
  });

  test("drain gives up on what does not end within its deadline, and the next holder runs it again", async () => {
    await using world = await LaneWorld.open();
    const aborted: string[] = [];
    const actor = target((run) => {
      run.signal.addEventListener("abort", () => aborted.push(messageId(run.message)));
      return new Promise(() => {});
    });
    await world.send("a", [1]);
    const worker = await world.worker([actor]);
    await world.until(() => worker.statistics().running === 1);
    const drained = worker.drain(2_000);
    await world.clock.advanceAsync(2_000);
    await drained;
    expect(aborted).toHaveLength(1);
    await world.worker([target(noted)], { memberId: "w2" });
    await world.until(async () => JSON.stringify(await world.state("a")) === '{"seen":[1]}');
  });

  test("start and stop in any order, and twice, leave no timer", async () => {
    await using world = await LaneWorld.open();
    const worker = await world.worker([target(noted)]);
    await worker.start();
    await worker.stop();
    await worker.stop();
    await worker.drain(10);
    await worker.start();
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("a state that grows past its bound fails the message and leaves the state as it was", async () => {
    await using world = await LaneWorld.open();
    await world.send("a", ["small", "x".repeat(500)]);
    const errors: unknown[] = [];
    world.events.on("message.failed", ({ error }) => errors.push(error instanceof GodwitError && error.code));
    await world.worker([target(noted)], { limits: { stateLength: 200 } });
    await world.until(async () => (await world.deadLetters()).length === 1, 1_000);
    expect(errors).toEqual(["state_too_large", "state_too_large", "state_too_large"]);
    expect(await world.state("a")).toEqual({ seen: ["small"] });
  });

  test("what a handler did before it threw leaves no trace", async () => {
    await using world = await LaneWorld.open();
    const actor = target((run) => {
      run.state.seen.push("half done");
      if (bodyOf(run) === 2 && run.attempt === 1) throw new Error("no");
      run.state.seen.pop();
      return noted(run);
    });
    await world.send("a", [1, 2, 3]);
    await world.worker([actor]);
    await world.until(async () => JSON.stringify(await world.state("a")) === '{"seen":[1,2,3]}');
  });
});
