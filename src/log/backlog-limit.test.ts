import { describe, expect, test } from "bun:test";
import { SqliteStore } from "../adapters/sqlite/index.ts";
import { BusyError, Events, ManualClock, StoreUnavailableError } from "../core/index.ts";
import { BacklogLimit } from "./backlog-limit.ts";
import { Appender } from "./index.ts";

const message = (shard: number) => ({ shard, target: "desk", key: "a", body: "1", meta: null });

async function openLog(maxBacklog: number) {
  const clock = new ManualClock();
  const store = new SqliteStore({ path: ":memory:", shardCount: 2, clock });
  await store.start();
  const appender = new Appender({ store, clock, events: new Events(), maxBacklog });
  /** One append, and the look that it may set off. */
  const append = async (shard: number): Promise<unknown> => {
    const outcome = await appender.append([message(shard)]).catch((error: unknown) => error);
    await clock.advanceAsync(0);
    return outcome;
  };
  return { clock, store, append, [Symbol.asyncDispose]: () => store.stop() };
}

describe("the backlog's bound", () => {
  test("refuses what is for a shard that nobody works off, with a time to come back, and no other; takes again once it is worked off", async () => {
    await using log = await openLog(3);
    for (let i = 1; i <= 3; i++) await log.append(0);
    log.clock.advance(1_000);
    await log.append(1);
    const refused = await log.append(0);
    expect(refused).toBeInstanceOf(BusyError);
    expect((refused as BusyError).retryAfterMs).toBe(5_000);
    expect(await log.append(1)).toEqual([{ kind: "appended", seq: 2 }]);
    await log.store.heartbeat({ memberId: "w", node: "n" }, 60_000);
    const leases = await log.store.acquire("w", 2);
    await log.store.commit({
      author: { memberId: "w", codeVersion: "1" },
      nowMs: 0,
      shards: leases.map(({ shard, epoch }) => ({ shard, epoch, progress: { in: { cursor: 1, ahead: [] } } })),
    });
    log.clock.advance(1_000);
    expect(await log.append(0)).toBeInstanceOf(BusyError);
    expect(await log.append(0)).toEqual([{ kind: "appended", seq: 4 }]);
  });

  test("looks no more often than its interval, and goes by its last look while the store is away", async () => {
    const clock = new ManualClock();
    const events = new Events();
    const stages: string[] = [];
    events.on("error.caught", ({ stage }) => stages.push(stage));
    let looks = 0;
    const shards = async () => {
      looks += 1;
      if (looks === 2) throw new StoreUnavailableError("away");
      return [{ shard: 0, epoch: 1, owner: null, head: { in: 5, out: 0 }, cursor: { in: 0, out: 0 } }];
    };
    const limit = new BacklogLimit({ store: { shards }, clock, events, maxPerShard: 5 });
    limit.check([message(0)]);
    await limit.settled();
    for (let i = 0; i < 3; i++) expect(() => limit.check([message(0)])).toThrow(BusyError);
    expect(looks).toBe(1);
    clock.advance(1_000);
    expect(() => limit.check([message(0)])).toThrow(BusyError);
    await limit.settled();
    expect(() => limit.check([message(0)])).toThrow(BusyError);
    expect([looks, stages]).toEqual([2, ["backlog limit"]]);
  });
});
