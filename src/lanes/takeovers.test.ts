import { describe, expect, test } from "bun:test";
import { StoreUnavailableError } from "../core/index.ts";
import type { CommitOutcome, MessageRef, Store } from "../store/index.ts";
import { bodyOf, DONE, LaneWorld, noted, target } from "./lane-fixture.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seen = (list: readonly unknown[]): string => JSON.stringify({ seen: list });

async function only(world: LaneWorld, key = "a"): Promise<string> {
  return JSON.stringify(await world.state(key));
}

/** The store, with some methods replaced. */
function wrapped(store: Store, replaced: Partial<Store>): Store {
  return new Proxy(store, {
    get(inner, name) {
      const own = replaced[name as keyof Store];
      if (own !== undefined) return own;
      const value = inner[name as keyof Store];
      return typeof value === "function" ? value.bind(inner) : value;
    },
  });
}

describe("leases", () => {
  test("shards are spread over the members, and go back when one leaves", async () => {
    await using world = await LaneWorld.open(8);
    const first = await world.worker([target(noted)], { memberId: "w1" });
    const second = await world.worker([target(noted)], { memberId: "w2" });
    await world.until(() => first.statistics().shards === 4 && second.statistics().shards === 4);
    const third = await world.worker([target(noted)], { memberId: "w3" });
    await world.until(() => third.statistics().shards === 2);
    await second.drain(1_000);
    await third.drain(1_000);
    await first.rebalance();
    expect(first.statistics().shards).toBe(8);
  });

  test("keys keep their order and lose nothing while members come and go", async () => {
    await using world = await LaneWorld.open(8);
    const keys = numbers(20).map((n) => `k${n}`);
    const actor = target(async (run) => {
      await new Promise((resolve) => world.clock.after(20, () => resolve(undefined)));
      return noted(run);
    });
    for (const key of keys) await world.send(key, numbers(30));
    const first = await world.worker([actor], { memberId: "w1" });
    await world.clock.advanceAsync(100);
    const second = await world.worker([actor], { memberId: "w2" });
    await world.clock.advanceAsync(4_000);
    await first.drain(10);
    const third = await world.worker([actor], { memberId: "w3" });
    await world.clock.advanceAsync(200);
    await second.stop();
    for (const key of keys) await world.until(async () => (await only(world, key)) === seen(numbers(30)));
    await world.until(() => third.statistics().shards === 8);
  });

  test("a draining holder gives each shard back as soon as it is at rest, while a slow handler keeps its own", async () => {
    await using world = await LaneWorld.open(8);
    const slow = Promise.withResolvers<void>();
    const actor = target(async (run) => {
      if (bodyOf(run) === "slow") await slow.promise;
      return noted(run);
    });
    const old = await world.worker([actor], { memberId: "old" });
    await world.send("a", ["slow"]);
    await world.until(() => old.statistics().running === 1);
    const next = await world.worker([target(noted)], { memberId: "new" });
    const drained = old.drain(20_000);
    await world.until(() => old.statistics().shards === 1);
    await next.rebalance({ uncounted: 1 });
    expect(next.statistics().shards).toBe(7);
    await world.send("a", ["after"]);
    slow.resolve();
    await drained;
    await next.rebalance({});
    await world.until(async () => (await only(world)) === seen(["slow", "after"]));
    expect(next.statistics().shards).toBe(8);
  });

  test("a holder that slept past its lease writes nothing, and drops what it had", async () => {
    await using world = await LaneWorld.open(1);
    const release = Promise.withResolvers<void>();
    const handledBy: string[] = [];
    const actor = (member: string, wait: Promise<void>): ReturnType<typeof target> =>
      target(async (run) => {
        await wait;
        handledBy.push(`${member} ${bodyOf(run)}`);
        return noted(run);
      });
    await world.send("a", [1, 2]);
    let beats = 0;
    const sleeper = wrapped(world.store, {
      heartbeat: (member, ttlMs) =>
        beats++ === 0
          ? world.store.heartbeat(member, ttlMs)
          : release.promise.then(() => Promise.reject(new Error("woke up"))),
    });
    const lost = world.events.next("lease.lost");
    await world.worker([actor("w1", release.promise)], { memberId: "w1", store: sleeper });
    await world.clock.advanceAsync(11_000);
    await world.worker([actor("w2", Promise.resolve())], { memberId: "w2" });
    await world.until(async () => (await only(world)) === seen([1, 2]));
    release.resolve();
    expect(await lost).toEqual({ member: "w1", shards: [0] });
    await world.clock.advanceAsync(1_000);
    expect(handledBy).toEqual(["w2 1", "w2 2", "w1 1"]);
    expect(await only(world)).toBe(seen([1, 2]));
  });

  test("no handler starts while the lease is not confirmed", async () => {
    await using world = await LaneWorld.open(1);
    let away = false;
    const store = wrapped(world.store, {
      heartbeat: (member, ttlMs) =>
        away ? Promise.reject(new StoreUnavailableError("away")) : world.store.heartbeat(member, ttlMs),
    });
    const worker = await world.worker([target(noted)], { store });
    away = true;
    await world.clock.advanceAsync(12_000);
    await world.send("a", [1]);
    worker.wake([0]);
    await world.clock.advanceAsync(3_000);
    expect(await world.state("a")).toBeUndefined();
    away = false;
    await world.until(async () => (await only(world)) === seen([1]));
  });
});

describe("suspects", () => {
  async function dieRunning(world: LaneWorld, memberId: string, running: readonly MessageRef[]): Promise<void> {
    await world.store.heartbeat({ memberId, node: "n1" }, 10_000);
    await world.store.acquire(memberId, 64);
    await world.store.evict(memberId, running);
  }

  test("what was running when a process died runs alone, one at a time; the rest waits for it", async () => {
    await using world = await LaneWorld.open(1);
    const order: string[] = [];
    let running = 0;
    const actor = target(async (run) => {
      order.push(`${run.message.key} beside ${running} attempt ${run.attempt}`);
      running += 1;
      await new Promise((resolve) => world.clock.after(10, () => resolve(undefined)));
      running -= 1;
      return DONE;
    });
    await world.send("a", [1]);
    await world.send("b", [1]);
    await world.send("c", [1]);
    await dieRunning(world, "dead", [
      { shard: 0, stream: "in", seq: 1 },
      { shard: 0, stream: "in", seq: 3 },
    ]);
    let handled = 0;
    world.events.on("commit.done", (commit) => {
      handled += commit.handled;
    });
    await world.worker([actor]);
    await world.until(() => handled === 3, 5);
    expect(order.toSorted()).toEqual(["a beside 0 attempt 2", "b beside 0 attempt 1", "c beside 0 attempt 2"]);
    const [lease] = await releaseAndAcquire(world);
    expect(lease?.suspects).toEqual([]);
  });

  test("a message that kills its process again and again becomes a dead letter, and its neighbours do not", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("killer", [1]);
    await world.send("a", [1]);
    for (const member of ["d1", "d2", "d3"]) await dieRunning(world, member, [{ shard: 0, stream: "in", seq: 1 }]);
    const ran: string[] = [];
    await world.worker([
      target((run) => {
        ran.push(run.message.key);
        return noted(run);
      }),
    ]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await world.until(async () => (await world.deadLetters()).length === 1);
    expect(ran).toEqual(["a"]);
    const [letter] = (await world.store.deadLetters({}, { limit: 1 })).rows;
    expect(letter).toMatchObject({ key: "killer", attempts: 3 });
    expect(letter?.error).toContain("the process died 3 times while it was handling m0-1");
  });

  test("one that was handled before its process died is forgotten", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    const first = await world.worker([target(noted)]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await first.stop();
    await dieRunning(world, "dead", [{ shard: 0, stream: "in", seq: 1 }]);
    const second = await world.worker([target(noted)]);
    await world.until(() => second.statistics().uncommittedMessages === 0, 10, 5);
    await second.drain(1_000);
    const [lease] = await releaseAndAcquire(world);
    expect(lease?.suspects).toEqual([]);
  });

  async function releaseAndAcquire(world: LaneWorld): ReturnType<Store["acquire"]> {
    await world.store.evict("w1", []);
    await world.store.heartbeat({ memberId: "probe", node: "n1" }, 10_000);
    return world.store.acquire("probe", 64);
  }

  test("notes each message as running until it has ended", async () => {
    await using world = await LaneWorld.open(1);
    const notes: string[] = [];
    const recorder = {
      started: (ref: MessageRef) => void notes.push(`+${ref.seq}`),
      finished: (ref: MessageRef) => void notes.push(`-${ref.seq}`),
    };
    await world.send("a", [1, 2]);
    await world.send("b", [3]);
    const actor = target((run) => {
      if (bodyOf(run) === 2 && run.attempt === 1) throw new Error("no");
      return bodyOf(run) === 3 ? Promise.resolve(DONE) : DONE;
    });
    await world.worker([actor], { recorder });
    await world.until(() => notes.filter((note) => note === "-2").length === 2);
    for (const seq of [1, 2, 3]) expect(notes.indexOf(`+${seq}`)).toBeLessThan(notes.indexOf(`-${seq}`));
    expect(notes.length).toBe(8);
  });
});

describe("a store that is away", () => {
  test("a worker can stop all the same; its leases expire", async () => {
    await using world = await LaneWorld.open(1);
    const stages: string[] = [];
    world.events.on("error.caught", ({ stage }) => stages.push(stage));
    const store = wrapped(world.store, { evict: () => Promise.reject(new StoreUnavailableError("away")) });
    const worker = await world.worker([target(noted)], { store });
    await worker.drain(1_000);
    expect(stages).toEqual(["lanes: giving leases back"]);
  });

  test("the same commit is tried again until it is in; nothing is lost or doubled", async () => {
    await using world = await LaneWorld.open(1);
    let failures = 3;
    const store = wrapped(world.store, {
      commit: (request) =>
        failures-- > 0 ? Promise.reject(new StoreUnavailableError("away")) : world.store.commit(request),
    });
    await world.send("a", numbers(10));
    await world.worker([target(noted)], { store });
    await world.until(async () => (await only(world)) === seen(numbers(10)));
  });

  test("a commit whose answer was lost is asked for again under its id, and not made twice", async () => {
    await using world = await LaneWorld.open(1);
    const made = new Map<string | undefined, CommitOutcome>();
    const store = wrapped(world.store, {
      async commit(request) {
        const before = made.get(request.commitId);
        if (before) return before;
        made.set(request.commitId, await world.store.commit(request));
        throw new StoreUnavailableError("answer lost");
      },
    });
    const actor = target((run) => {
      const outcome = noted(run);
      const sends = [world.message("b", bodyOf(run), "other")];
      return outcome.kind === "done" ? { kind: "done", effects: { ...outcome.effects, sends } } : outcome;
    });
    const others: unknown[] = [];
    const other = target(
      (run) => {
        others.push(bodyOf(run));
        return DONE;
      },
      { name: "other" },
    );
    await world.send("a", [1, 2, 3]);
    await world.worker([actor, other], { store });
    await world.until(() => others.length >= 3);
    await world.clock.advanceAsync(5_000);
    expect(others).toEqual([1, 2, 3]);
    expect(await only(world)).toBe(seen([1, 2, 3]));
    expect(made.has(undefined)).toBe(false);
  });

  test("handlers stop starting when what waits for the commit has reached its bound", async () => {
    await using world = await LaneWorld.open(1);
    let away = true;
    let ran = 0;
    const store = wrapped(world.store, {
      commit: (request) => (away ? Promise.reject(new StoreUnavailableError("away")) : world.store.commit(request)),
    });
    const actor = target((run) => {
      ran += 1;
      return noted(run);
    });
    for (const n of numbers(100)) await world.send(`k${n}`, [1]);
    await world.worker([actor], { store, limits: { commitMessages: 10 } });
    await world.clock.advanceAsync(5_000);
    expect(ran).toBe(20);
    away = false;
    await world.until(() => ran === 100);
  });
});
