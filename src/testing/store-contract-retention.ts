import { describe, expect, test } from "bun:test";
import { HOUR } from "../core/index.ts";
import type { Store } from "../store/index.ts";
import {
  BOB,
  bodies,
  commit,
  delivery,
  message,
  POLICY,
  type StoreFixture,
  seqs,
  T0,
  takeAll,
  takeShard0,
} from "./store-contract-fixture.ts";

/** Keeps house each half hour, from `fromHour` up to and including `toHour`. */
async function maintain(store: Store, fromHour: number, toHour: number): Promise<void> {
  for (let at = fromHour; at <= toHour; at += 0.5) await store.maintain(POLICY, T0 + at * HOUR);
}

export function retentionContract(fixture: () => Promise<StoreFixture>): void {
  describe("retention", () => {
    test("drops handled messages after the policy's time, and numbers on where it was", async () => {
      await using f = await fixture();
      const store = await f.open();
      await maintain(store, 0, 0);
      const lease = await takeShard0(store);
      await store.append([message("a"), message("b")], T0);
      const done = { cursor: 2, ahead: [] };
      await commit(store, lease, {
        deliveries: [delivery("x")],
        progress: { in: done, out: { cursor: 1, ahead: [] } },
      });
      await maintain(store, 0.5, 0.5);
      expect(await bodies(store)).toEqual(["a", "b"]);
      await maintain(store, 1, 12);
      expect(await bodies(store)).toEqual([]);
      expect(await bodies(store, 0, "out")).toEqual([]);
      expect(await store.message({ shard: 0, stream: "in", seq: 1 })).toBeUndefined();
      expect((await store.append([message("c")], T0 + 12 * HOUR)).outcomes).toEqual([{ kind: "appended", seq: 3 }]);
      await commit(store, lease, { deliveries: [delivery("y")] });
      expect(await seqs(store, 0, "out")).toEqual([2]);
      expect(await seqs(await f.open())).toEqual([3]);
    });

    test("keeps a message that has not been handled for as long as it takes", async () => {
      await using f = await fixture();
      const store = await f.open();
      await maintain(store, 0, 0);
      const lease = await takeShard0(store);
      await store.append([message("a"), message("b"), message("c")], T0);
      await commit(store, lease, { progress: { in: { cursor: 1, ahead: [[3, 3]] } } });
      await maintain(store, 1, 12);
      expect(await store.message({ shard: 0, stream: "in", seq: 2 })).toMatchObject({ body: '"b"' });
      await commit(store, lease, { progress: { in: { cursor: 3, ahead: [] } } });
      await maintain(store, 12, 24);
      expect(await bodies(store)).toEqual([]);
    });

    test("reads on over the border between two segments, also in another process", async () => {
      await using f = await fixture();
      const [store, other] = [await f.open(), await f.open()];
      await maintain(store, 0, 0);
      for (let n = 0; n < 6; n++) {
        await (n % 2 ? store : other).append([message(`${n}`), message(`s${n}`, { shard: 1 })], T0 + n * HOUR);
        await maintain(store, n, n + 0.5);
      }
      expect(await bodies(other)).toEqual(["0", "1", "2", "3", "4", "5"]);
      expect(await seqs(other, 1)).toEqual([1, 2, 3, 4, 5, 6]);
      const read = await other.read([{ shard: 0, stream: "in", after: 2 }], 3);
      expect(read.map((row) => row.seq)).toEqual([3, 4, 5]);
    });

    test("keeps the progress of a shard on which nothing happens", async () => {
      await using f = await fixture();
      const store = await f.open();
      await maintain(store, 0, 0);
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      await store.append([message("a")], T0);
      const progress = { in: { cursor: 1, ahead: [] }, out: { cursor: 0, ahead: [] } };
      await commit(store, zero, { progress });
      for (let hour = 1; hour <= 12; hour++) {
        await store.append([message("noise", { shard: 1 })], T0 + hour * HOUR);
        await commit(store, one, { progress: { in: { cursor: hour, ahead: [] } } });
        await maintain(store, hour, hour + 0.5);
      }
      await store.release("alice", [zero]);
      expect((await takeShard0(store, BOB)).progress).toEqual(progress);
    });

    test("keeps a message of the backlog for inspection when its segment is gone", async () => {
      await using f = await fixture();
      const store = await f.open();
      await maintain(store, 0, 0);
      const lease = await takeShard0(store);
      await store.append([message("a")], T0);
      const [read] = await store.read([{ shard: 0, stream: "in", after: 0 }], 1);
      if (!read) throw new Error("a message expected");
      await commit(store, lease, { backlog: [read], progress: { in: { cursor: 1, ahead: [] } } });
      await maintain(store, 1, 12);
      expect(await store.message(read)).toEqual(read);
    });
  });
}
