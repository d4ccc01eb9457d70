import { describe, expect, test } from "bun:test";
import { InvalidInputError } from "../core/index.ts";
import {
  ALICE,
  authorOf,
  bodies,
  commit,
  delivery,
  message,
  SHARD_COUNT,
  type StoreFixture,
  T0,
  takeAll,
  takeShard0,
} from "./store-contract-fixture.ts";

export function lookingContract(fixture: () => Promise<StoreFixture>): void {
  describe("looking", () => {
    test("finds a message by its place, and none where none is", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.append([message("a")], T0);
      const ref = { shard: 0, stream: "in", seq: 1 } as const;
      expect(await store.message(ref)).toEqual({ ...message("a"), ...ref, acceptedAtMs: T0 });
      expect(await store.message({ ...ref, seq: 2 })).toBeUndefined();
      expect(await store.message({ ...ref, stream: "out" })).toBeUndefined();
      expect(await store.message({ ...ref, shard: 1 })).toBeUndefined();
    });

    test("tells which commit first covered a message, ahead of the cursor or behind it", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const steps = [
        { cursor: 1, ahead: [] },
        { cursor: 1, ahead: [[3, 3]] },
        { cursor: 1, ahead: [[3, 5]] },
        { cursor: 5, ahead: [] },
      ] as const;
      for (const [i, progress] of steps.entries()) {
        const author = { ...authorOf(ALICE), codeVersion: `v${i}` };
        await store.commit({
          author,
          nowMs: T0 + i,
          shards: [{ shard: 0, epoch: lease.epoch, progress: { in: progress } }],
        });
      }
      const versions: (string | undefined)[] = [];
      for (const seq of [1, 2, 3, 4, 5, 6]) {
        versions.push((await store.handledBy({ shard: 0, stream: "in", seq }))?.codeVersion);
      }
      expect(versions).toEqual(["v0", "v3", "v1", "v2", "v2", undefined]);
      expect(await store.handledBy({ shard: 0, stream: "in", seq: 3 })).toEqual({
        ...{ memberId: "alice", codeVersion: "v1", atMs: T0 + 1, epoch: lease.epoch },
        progress: { in: { cursor: 1, ahead: [[3, 3]] }, out: { cursor: 0, ahead: [] } },
      });
    });

    test("lists a target's states by the beginning of their key, by the page", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const ids = ["a:1", "a:2", "a:3", "a%", "b:1"].map((key) => ({ target: "desk", key }));
      const states = [...ids, { target: "other", key: "a:9" }].map((id) => ({ ...id, version: 1, body: "1" }));
      await commit(store, lease, { states });
      const first = await store.states("desk", "a:", { limit: 2 });
      const second = await store.states("desk", "a:", { limit: 2, after: first.next ?? "missing" });
      expect([...first.rows, ...second.rows].map((row) => row.key).sort()).toEqual(["a:1", "a:2", "a:3"]);
      expect(second.next).toBeUndefined();
      for (const after of ["nowhere", "[1]", "{}"]) {
        await expect(store.states("desk", "a:", { limit: 2, after })).rejects.toThrow(InvalidInputError);
      }
      expect((await store.states("desk", "a%", { limit: 9 })).rows.map((row) => row.key)).toEqual(["a%"]);
      expect((await store.states("desk", "", { limit: 9 })).rows).toHaveLength(5);
    });

    test("shows each shard's owner, epoch, heads and cursors", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.append([message("a"), message("b")], T0);
      const [lease] = await takeAll(store);
      if (!lease) throw new Error("a lease expected");
      await commit(store, lease, { deliveries: [delivery("x")], progress: { in: { cursor: 1, ahead: [] } } });
      await store.release("alice", [{ ...lease, shard: 0 }]);
      const shards = await store.shards();
      expect(shards).toHaveLength(SHARD_COUNT);
      expect(shards[0]).toEqual({
        ...{ shard: 0, epoch: lease.epoch, owner: null },
        ...{ head: { in: 2, out: 1 }, cursor: { in: 1, out: 0 } },
      });
      expect(shards[1]).toMatchObject({ owner: "alice", head: { in: 0, out: 0 } });
    });
  });

  describe("lifecycle", () => {
    test("starts and stops twice without harm, stops before it has started, and starts again", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.start();
      await store.append([message("a")], T0);
      await store.stop();
      await store.stop();
      await expect(store.append([message("b")], T0)).rejects.toMatchObject({ code: "store_unavailable" });
      await store.start();
      expect(await bodies(store)).toEqual(["a"]);
      expect(store.shardCount).toBe(SHARD_COUNT);
      expect(store.description).not.toBe("");
    });

    test("bears an id of its own, the same for whoever opens it", async () => {
      const ids = new Set<string>();
      for (let database = 1; database <= 2; database++) {
        await using f = await fixture();
        const [store, other] = [await f.open(), await f.open()];
        const { storeId } = store;
        expect(storeId).toMatch(/^[0-9a-f]{12}$/);
        expect(other.storeId).toBe(storeId);
        await store.stop();
        await store.start();
        expect(store.storeId).toBe(storeId);
        ids.add(storeId);
      }
      expect(ids.size).toBe(2);
    });

    test("stays stopped when it is stopped while it starts, and starts again after that", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.stop();
      const starting = store.start().catch(() => undefined);
      await store.stop();
      await starting;
      await expect(store.append([message("a")], T0)).rejects.toMatchObject({ code: "store_unavailable" });
      await store.start();
      await store.append([message("b")], T0);
      expect(await bodies(store)).toEqual(["b"]);
    });

    test("waits for what is under way before it stops", async () => {
      await using f = await fixture();
      const store = await f.open();
      const append = store.append([message("a")], T0);
      await store.stop();
      expect((await append).outcomes).toEqual([{ kind: "appended", seq: 1 }]);
      expect(await bodies(await f.open())).toEqual(["a"]);
    });
  });
}
