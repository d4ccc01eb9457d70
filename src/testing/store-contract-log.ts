import { describe, expect, test } from "bun:test";
import { DAY, InvalidInputError } from "../core/index.ts";
import { bodies, message, POLICY, type StoreFixture, seqs, T0 } from "./store-contract-fixture.ts";

export function logContract(fixture: () => Promise<StoreFixture>): void {
  describe("log", () => {
    test("numbers the messages of each shard 1, 2, 3 …, in the order of the requests", async () => {
      await using f = await fixture();
      const store = await f.open();
      const result = await store.append([message("a"), message("x", { shard: 1 }), message("b")], T0);
      expect(result.outcomes).toEqual([
        { kind: "appended", seq: 1 },
        { kind: "appended", seq: 1 },
        { kind: "appended", seq: 2 },
      ]);
      expect(await bodies(store)).toEqual(["a", "b"]);
      expect(await bodies(store, 1)).toEqual(["x"]);
    });

    test("reads a message back as it was written", async () => {
      await using f = await fixture();
      const store = await f.open();
      const request = message("„Grüße“ 🐦 \u2028 \\u0007", { key: "Zoë's", meta: '{"from":"x"}' });
      await store.append([request], T0);
      const [read] = await store.read([{ shard: 0, stream: "in", after: 0 }], 10);
      expect(read).toEqual({ ...request, stream: "in", seq: 1, acceptedAtMs: T0 });
    });

    test("reads what comes after each position, at most the limit for each", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.append(
        [1, 2, 3, 4].flatMap((n) => [message(`a${n}`), message(`b${n}`, { shard: 1 })]),
        T0,
      );
      const read = await store.read(
        [
          { shard: 0, stream: "in", after: 1 },
          { shard: 1, stream: "in", after: 2 },
        ],
        2,
      );
      expect(read.map((row) => [row.shard, row.seq])).toEqual([
        [0, 2],
        [0, 3],
        [1, 3],
        [1, 4],
      ]);
    });

    test("appends nothing for no requests and reads nothing at no positions", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.append([], T0)).toEqual({ outcomes: [], released: [], passed: [] });
      expect(await store.read([], 10)).toEqual([]);
      expect(await store.read([{ shard: 0, stream: "in", after: 0 }], 10)).toEqual([]);
    });

    test("refuses a shard that it does not have, and writes nothing of that append", async () => {
      await using f = await fixture();
      const store = await f.open();
      await expect(store.append([message("a"), message("b", { shard: 999 })], T0)).rejects.toBeInstanceOf(
        InvalidInputError,
      );
      expect(await bodies(store)).toEqual([]);
    });

    test("gives two processes that append at once sequences without holes or doubles", async () => {
      await using f = await fixture();
      const [one, two] = [await f.open(), await f.open()];
      const appends = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).append([message(`${i}`)], T0));
      await Promise.all(appends);
      expect(await seqs(one)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(new Set(await bodies(two)).size).toBe(20);
    });

    test("keeps what it acknowledged for whoever opens it next", async () => {
      await using f = await fixture();
      const first = await f.open();
      await first.append([message("kept")], T0);
      await first.stop();
      expect(await bodies(await f.open())).toEqual(["kept"]);
    });
  });

  describe("dedupe", () => {
    const once = (externalId: string, source = "tg") => ({ dedupe: { source, externalId } });

    test("takes a (source, external id) once and says where it lies", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.append([message("a", once("1"))], T0);
      const again = await store.append([message("a", once("1")), message("b", once("2"))], T0);
      expect(again.outcomes).toEqual([
        { kind: "duplicate", seq: 1 },
        { kind: "appended", seq: 2 },
      ]);
      expect(await bodies(store)).toEqual(["a", "b"]);
    });

    test("sees a duplicate within one append", async () => {
      await using f = await fixture();
      const store = await f.open();
      const result = await store.append([message("a", once("1")), message("a", once("1"))], T0);
      expect(result.outcomes.map((outcome) => outcome.kind)).toEqual(["appended", "duplicate"]);
    });

    test("tells sources apart", async () => {
      await using f = await fixture();
      const store = await f.open();
      const result = await store.append([message("a", once("1", "tg")), message("b", once("1", "wa"))], T0);
      expect(result.outcomes.map((outcome) => outcome.kind)).toEqual(["appended", "appended"]);
    });

    test("takes a pair once when two processes bring it at the same time", async () => {
      await using f = await fixture();
      const [one, two] = [await f.open(), await f.open()];
      const results = await Promise.all([one, two].map((store) => store.append([message("a", once("1"))], T0)));
      const kinds = results.flatMap((result) => result.outcomes.map((outcome) => outcome.kind));
      expect(kinds.sort()).toEqual(["appended", "duplicate"]);
      expect(await bodies(one)).toEqual(["a"]);
    });

    test("remembers each pair for the window, on whatever day it came, in another process and for another key too", async () => {
      await using f = await fixture();
      const [store, other] = [await f.open(), await f.open()];
      for (let day = 0; day <= 15; day++) {
        await store.maintain(POLICY, T0 + day * DAY);
        expect((await store.append([message("a", once(`${day}`))], T0 + day * DAY)).outcomes).toMatchObject([
          { kind: "appended", seq: day + 1 },
        ]);
        for (let since = Math.max(0, day - 6); since <= day; since++) {
          const again = message("a", { ...once(`${since}`), shard: 1, key: "somebody else" });
          expect((await other.append([again], T0 + day * DAY)).outcomes).toEqual([
            { kind: "duplicate", seq: since + 1 },
          ]);
        }
      }
    });

    test("remembers a pair for the window, and forgets it at last", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.maintain(POLICY, T0);
      await store.append([message("a", once("1"))], T0);
      for (let day = 1; day <= 6; day++) await store.maintain(POLICY, T0 + day * DAY);
      const within = await store.append([message("a", once("1"))], T0 + 6 * DAY);
      expect(within.outcomes[0]?.kind).toBe("duplicate");
      for (let day = 7; day <= 22; day++) await store.maintain(POLICY, T0 + day * DAY);
      const after = await store.append([message("a", once("1"))], T0 + 22 * DAY);
      expect(after.outcomes[0]?.kind).toBe("appended");
    });
  });
}
