import { describe, expect, test } from "bun:test";
import { DAY } from "../core/index.ts";
import type { AppendRequest, Store } from "../store/index.ts";
import { bodies, commit, message, type StoreFixture, T0, takeShard0 } from "./store-contract-fixture.ts";

const WAIT_MS = 30_000;

/** Number `n` of source `tg`. */
function numbered(n: number, changes: Partial<AppendRequest> = {}): AppendRequest {
  return message(`${n}`, { order: { source: "tg", externalSeq: n, gapWaitMs: WAIT_MS }, ...changes });
}

async function append(store: Store, numbers: readonly number[], nowMs = T0) {
  return store.append(
    numbers.map((n) => numbered(n)),
    nowMs,
  );
}

export function orderContract(fixture: () => Promise<StoreFixture>): void {
  describe("numbered sources", () => {
    test("holds what comes too early and lets it go, in order, when the missing number comes", async () => {
      await using f = await fixture();
      const store = await f.open();
      await append(store, [10]);
      const early = await append(store, [13, 12]);
      expect(early.outcomes).toEqual([{ kind: "held" }, { kind: "held" }]);
      expect(await bodies(store)).toEqual(["10"]);
      const result = await append(store, [11], T0 + 5);
      expect(result.outcomes).toEqual([{ kind: "appended", seq: 2 }]);
      expect(result.released.map((row) => [row.seq, row.body, row.acceptedAtMs])).toEqual([
        [3, '"12"', T0],
        [4, '"13"', T0],
      ]);
      expect(result.passed).toEqual([]);
      expect(await bodies(store)).toEqual(["10", "11", "12", "13"]);
    });

    test("puts one append's messages into their order and reports each as appended", async () => {
      await using f = await fixture();
      const store = await f.open();
      const result = await append(store, [1, 3, 2]);
      expect(result.outcomes).toEqual([
        { kind: "appended", seq: 1 },
        { kind: "appended", seq: 3 },
        { kind: "appended", seq: 2 },
      ]);
      expect(result.released).toEqual([]);
      expect(await bodies(store)).toEqual(["1", "2", "3"]);
    });

    test("passes a gap once its wait is over, not before, and says which numbers are missing", async () => {
      await using f = await fixture();
      const store = await f.open();
      await append(store, [1]);
      await append(store, [4, 6], T0 + 10);
      expect(await store.passGaps(T0 + WAIT_MS)).toEqual({ passed: [], released: [] });
      const { passed, released } = await store.passGaps(T0 + 10 + WAIT_MS);
      expect(passed).toEqual([
        { source: "tg", fromSeq: 2, toSeq: 3 },
        { source: "tg", fromSeq: 5, toSeq: 5 },
      ]);
      expect(released.map((row) => row.body)).toEqual(['"4"', '"6"']);
      expect(await bodies(store)).toEqual(["1", "4", "6"]);
      expect(await store.passGaps(T0 + 20 + WAIT_MS)).toEqual({ passed: [], released: [] });
    });

    test("appends at once what comes after its gap was passed", async () => {
      await using f = await fixture();
      const store = await f.open();
      await append(store, [1, 3]);
      await store.passGaps(T0 + WAIT_MS);
      const late = await append(store, [2], T0 + WAIT_MS + 1);
      expect(late.outcomes[0]?.kind).toBe("appended");
      expect(await bodies(store)).toEqual(["1", "3", "2"]);
    });

    test("keeps held messages and the expected number for whoever opens the store next", async () => {
      await using f = await fixture();
      const first = await f.open();
      await append(first, [1, 3]);
      await first.stop();
      const store = await f.open();
      expect((await append(store, [2])).released.map((row) => row.body)).toEqual(['"3"']);
      expect(await bodies(store)).toEqual(["1", "2", "3"]);
    });

    test("knows a held message as a duplicate, and where it lies once it is let go", async () => {
      await using f = await fixture();
      const store = await f.open();
      const three = numbered(3, { dedupe: { source: "tg", externalId: "3" } });
      await store.append([numbered(1), three], T0);
      expect((await store.append([three], T0)).outcomes).toEqual([{ kind: "duplicate", seq: null }]);
      await append(store, [2]);
      expect((await store.append([three], T0)).outcomes).toEqual([{ kind: "duplicate", seq: 3 }]);
      expect(await bodies(store)).toEqual(["1", "2", "3"]);
    });

    test("keeps sources apart, and lets a held message go in its own shard", async () => {
      await using f = await fixture();
      const store = await f.open();
      const other = { order: { source: "wa", externalSeq: 7, gapWaitMs: WAIT_MS } };
      await append(store, [1]);
      const result = await store.append([numbered(3, { shard: 2 }), message("other", other)], T0);
      expect(result.outcomes.map((outcome) => outcome.kind)).toEqual(["held", "appended"]);
      expect((await append(store, [2])).released.map((row) => [row.shard, row.seq])).toEqual([[2, 1]]);
    });

    test("does not wait after a jump in the numbering, and reports the jump", async () => {
      await using f = await fixture();
      const store = await f.open();
      await append(store, [1]);
      const result = await append(store, [1_000_001, 1_000_002]);
      expect(result.outcomes.map((outcome) => outcome.kind)).toEqual(["appended", "appended"]);
      expect(result.passed).toEqual([{ source: "tg", fromSeq: 2, toSeq: 1_000_000 }]);
    });

    test("begins anew with whatever number comes after days of silence", async () => {
      await using f = await fixture();
      const store = await f.open();
      await append(store, [5_000]);
      await append(store, [3_000], T0 + 6 * DAY);
      const result = await append(store, [3_002, 3_001], T0 + 6 * DAY);
      expect(result.outcomes.map((outcome) => outcome.kind)).toEqual(["appended", "appended"]);
      expect(await bodies(store)).toEqual(["5000", "3000", "3001", "3002"]);
    });

    test("orders the sends of a commit as well", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await append(store, [1]);
      const held = await commit(store, lease, { sends: [numbered(3)] });
      expect(held).toMatchObject({ sends: [{ kind: "held" }], grown: [] });
      const filled = await commit(store, lease, { sends: [numbered(2)] });
      expect(filled).toMatchObject({ sends: [{ kind: "appended", seq: 2 }], grown: [0], passed: [] });
      expect(await bodies(store)).toEqual(["1", "2", "3"]);
    });
  });
}
