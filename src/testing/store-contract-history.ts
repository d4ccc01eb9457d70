import { describe, expect, test } from "bun:test";
import { type StoreFixture, T0 } from "./store-contract-fixture.ts";

const say = (topic: string, n: number) => ({ topic, event: "said", payload: `{"n":${n}}` });

export function historyContract(fixture: () => Promise<StoreFixture>): void {
  describe("history", () => {
    test("numbers broadcasts 1, 2, 3 … in each topic and reads them back after a position", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.appendHistory([say("a", 1), say("b", 1), say("a", 2)], T0)).toEqual([1, 1, 2]);
      expect(await store.appendHistory([say("a", 3)], T0 + 1)).toEqual([3]);
      expect(await store.readHistory("a", 1, 10)).toEqual([
        { ...say("a", 2), seq: 2, atMs: T0 },
        { ...say("a", 3), seq: 3, atMs: T0 + 1 },
      ]);
      expect((await store.readHistory("a", 0, 2)).map((row) => row.seq)).toEqual([1, 2]);
      expect(await store.appendHistory([], T0)).toEqual([]);
    });

    test("knows its bounds: empty, filled, pruned, all pruned", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.historyBounds("a")).toEqual({ first: 0, last: 0 });
      await store.appendHistory(
        [1, 2, 3, 4].map((n) => say("a", n)),
        T0,
      );
      expect(await store.historyBounds("a")).toEqual({ first: 1, last: 4 });
      await store.pruneHistory("a", { count: 2 });
      expect(await store.historyBounds("a")).toEqual({ first: 3, last: 4 });
      await store.pruneHistory("a", { sinceMs: T0 + 1 });
      const { first, last } = await store.historyBounds("a");
      expect(last).toBe(4);
      expect(first).toBeGreaterThan(last);
      expect(await store.appendHistory([say("a", 5)], T0 + 2)).toEqual([5]);
    });

    test("prunes by age and by count, whichever takes more, and only the one topic", async () => {
      await using f = await fixture();
      const store = await f.open();
      for (const n of [1, 2, 3, 4]) await store.appendHistory([say("a", n), say("b", n)], T0 + n);
      await store.pruneHistory("a", { count: 3, sinceMs: T0 + 3 });
      expect((await store.readHistory("a", 0, 10)).map((row) => row.seq)).toEqual([3, 4]);
      await store.pruneHistory("b", { count: 1, sinceMs: T0 });
      expect((await store.readHistory("b", 0, 10)).map((row) => row.seq)).toEqual([4]);
    });

    test("gives two processes that broadcast at once numbers without holes or doubles", async () => {
      await using f = await fixture();
      const [one, two] = [await f.open(), await f.open()];
      const given = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).appendHistory([say("a", n)], T0)),
      );
      expect(given.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });
  });
}
