import { describe, expect, test } from "bun:test";
import {
  ALICE,
  BOB,
  commit,
  commitOf,
  message,
  SHARD_COUNT,
  type StoreFixture,
  T0,
  TTL_MS,
  takeAll,
  takeShard0,
} from "./store-contract-fixture.ts";

export function leaseContract(fixture: () => Promise<StoreFixture>): void {
  describe("leases", () => {
    test("gives free shards to a member, each with an epoch above zero and nothing handled yet", async () => {
      await using f = await fixture();
      const store = await f.open();
      const leases = await takeAll(store);
      expect(leases.map((lease) => lease.shard)).toEqual(Array.from({ length: SHARD_COUNT }, (_, shard) => shard));
      for (const lease of leases) {
        expect(lease.epoch).toBeGreaterThan(0);
        expect(lease.progress).toEqual({ in: { cursor: 0, ahead: [] }, out: { cursor: 0, ahead: [] } });
        expect(lease.lanes).toEqual([]);
        expect(lease.suspects).toEqual([]);
      }
    });

    test("gives no more shards than asked for, and none that is held", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.heartbeat(ALICE, TTL_MS);
      await store.heartbeat(BOB, TTL_MS);
      const alices = await store.acquire("alice", 3);
      const bobs = await store.acquire("bob", SHARD_COUNT);
      expect(alices).toHaveLength(3);
      expect(bobs).toHaveLength(SHARD_COUNT - 3);
      const shards = [...alices, ...bobs].map((lease) => lease.shard);
      expect(new Set(shards).size).toBe(SHARD_COUNT);
      expect(await store.acquire("bob", SHARD_COUNT)).toEqual([]);
    });

    test("gives none but the shards asked among, where they are free", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.heartbeat(ALICE, TTL_MS);
      await store.heartbeat(BOB, TTL_MS);
      expect((await store.acquire("alice", SHARD_COUNT, [0, 2])).map((lease) => lease.shard)).toEqual([0, 2]);
      expect((await store.acquire("bob", 1, [0, 1, 3])).map((lease) => lease.shard)).toEqual([1]);
      expect(await store.acquire("bob", SHARD_COUNT, [])).toEqual([]);
    });

    test("gives each shard to one of two members that ask at once", async () => {
      await using f = await fixture();
      const [one, two] = [await f.open(), await f.open()];
      await one.heartbeat(ALICE, TTL_MS);
      await two.heartbeat(BOB, TTL_MS);
      const taken = await Promise.all([one.acquire("alice", SHARD_COUNT), two.acquire("bob", SHARD_COUNT)]);
      const shards = taken.flat().map((lease) => lease.shard);
      expect(shards.sort((a, b) => a - b)).toEqual(Array.from({ length: SHARD_COUNT }, (_, shard) => shard));
    });

    test("gives nothing to a member that has not sent a heartbeat or whose time is over", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.acquire("nobody", 1)).toEqual([]);
      await store.heartbeat(ALICE, TTL_MS);
      await f.passTime(TTL_MS + 1);
      expect(await store.acquire("alice", 1)).toEqual([]);
    });

    test("says at a heartbeat how many members live and which leases the caller holds", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [lease] = await takeAll(store);
      const bob = await store.heartbeat(BOB, TTL_MS);
      expect(bob).toEqual({ liveMembers: 2, held: [] });
      const alice = await store.heartbeat(ALICE, TTL_MS);
      expect(alice.liveMembers).toBe(2);
      expect(alice.held).toHaveLength(SHARD_COUNT);
      expect(alice.held).toContainEqual({ shard: 0, epoch: lease?.epoch ?? -1 });
    });

    test("a heartbeat keeps leases, silence frees them for others under a larger epoch", async () => {
      await using f = await fixture();
      const store = await f.open();
      const mine = await takeShard0(store);
      await f.passTime(TTL_MS - 1_000);
      await store.heartbeat(ALICE, TTL_MS);
      await f.passTime(2_000);
      await store.heartbeat(BOB, TTL_MS);
      expect(await store.acquire("bob", 1)).toEqual([]);
      await f.passTime(TTL_MS - 1_000);
      await store.heartbeat(BOB, TTL_MS);
      const [taken] = await store.acquire("bob", 1);
      expect(taken?.shard).toBe(0);
      expect(taken?.epoch).toBeGreaterThan(mine.epoch);
      expect((await store.heartbeat(ALICE, TTL_MS)).held.map((lease) => lease.shard)).not.toContain(0);
    });

    test("a silent member whose leases nobody took still holds them when it speaks again", async () => {
      await using f = await fixture();
      const store = await f.open();
      const mine = await takeShard0(store);
      await f.passTime(TTL_MS + 1);
      expect((await store.heartbeat(ALICE, TTL_MS)).held).toContainEqual({ shard: 0, epoch: mine.epoch });
      await commit(store, mine, {});
    });

    test("a released lease is free at once; one under another epoch is left alone", async () => {
      await using f = await fixture();
      const store = await f.open();
      const mine = await takeShard0(store);
      await store.heartbeat(BOB, TTL_MS);
      await store.release("alice", [{ shard: 0, epoch: mine.epoch + 1 }]);
      await store.release("bob", [mine]);
      expect(await store.acquire("bob", 1)).toEqual([]);
      await store.release("alice", [mine]);
      const [taken] = await store.acquire("bob", 1);
      expect(taken?.shard).toBe(0);
      expect(taken?.epoch).toBeGreaterThan(mine.epoch);
    });

    test("an evicted member's leases are free at once, and what it was running is suspect", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.append([message("poison")], T0);
      await takeAll(store);
      await store.evict("alice", [{ shard: 0, stream: "in", seq: 1 }]);
      const lease = await takeShard0(store, BOB);
      expect(lease.suspects).toEqual([{ shard: 0, stream: "in", seq: 1, crashes: 1 }]);
      await store.evict("bob", [{ shard: 0, stream: "in", seq: 1 }]);
      const again = await takeShard0(store);
      expect(again.suspects).toEqual([{ shard: 0, stream: "in", seq: 1, crashes: 2 }]);
      await commit(store, again, { suspectsCleared: [{ shard: 0, stream: "in", seq: 1 }] });
      await store.release("alice", [again]);
      expect((await store.acquire("alice", 1))[0]?.suspects).toEqual([]);
    });

    test("evicting a member twice counts its crash once", async () => {
      await using f = await fixture();
      const store = await f.open();
      await takeAll(store);
      await store.evict("alice", [{ shard: 0, stream: "in", seq: 1 }]);
      await store.evict("alice", [{ shard: 0, stream: "in", seq: 1 }]);
      expect((await takeShard0(store, BOB)).suspects[0]?.crashes).toBe(1);
    });

    test("hands the new holder the progress, and the lanes that do not run normally", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const lane = { stream: "in", target: "desk", key: "guest" } as const;
      const record = { status: "retrying", attempts: 2, dueAtMs: T0 + 5, error: '{"name":"E","message":"m"}' } as const;
      const progress = { in: { cursor: 3, ahead: [[5, 7]] } } as const;
      await commit(store, lease, { progress, lanes: [{ ...lane, record }] });
      await commit(store, lease, { progress: { out: { cursor: 9, ahead: [] } } });
      await store.release("alice", [lease]);
      const taken = await takeShard0(store, BOB);
      expect(taken.progress).toEqual({ ...progress, out: { cursor: 9, ahead: [] } });
      expect(taken.lanes).toEqual([{ ...lane, ...record }]);
    });
  });

  describe("fence", () => {
    test("refuses the commit of an owner that was taken over, and leaves nothing of it", async () => {
      await using f = await fixture();
      const store = await f.open();
      const old = await takeShard0(store);
      await f.passTime(TTL_MS + 1);
      await takeAll(store, BOB);
      const outcome = await store.commit(
        commitOf(old, {
          states: [{ target: "desk", key: "guest", version: 1, body: "1" }],
          sends: [message("leak")],
          progress: { in: { cursor: 1, ahead: [] } },
        }),
      );
      expect(outcome).toEqual({ kind: "fenced", shards: [0] });
      expect(await store.readStates([{ target: "desk", key: "guest" }])).toEqual([undefined]);
      expect(await store.read([{ shard: 0, stream: "in", after: 0 }], 10)).toEqual([]);
    });

    test("refuses all shards of a commit when one of them was lost, and names that one", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      await store.release("alice", [one]);
      await store.heartbeat(BOB, TTL_MS);
      await store.acquire("bob", 1);
      const state = { target: "desk", key: "guest", version: 1, body: "1" };
      const outcome = await store.commit({
        author: { memberId: "alice", codeVersion: "v1" },
        nowMs: T0,
        shards: [
          { shard: zero.shard, epoch: zero.epoch, states: [state] },
          { shard: one.shard, epoch: one.epoch },
        ],
      });
      expect(outcome).toEqual({ kind: "fenced", shards: [1] });
      expect(await store.readStates([state])).toEqual([undefined]);
    });

    test("refuses a commit under a lease that was given back or whose member was evicted", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      await store.release("alice", [zero]);
      expect(await store.commit(commitOf(zero, {}))).toEqual({ kind: "fenced", shards: [0] });
      await store.evict("alice", []);
      expect(await store.commit(commitOf(one, {}))).toEqual({ kind: "fenced", shards: [1] });
    });
  });
}
