import { describe, expect, test } from "bun:test";
import { InvalidInputError } from "../core/index.ts";
import {
  ALICE,
  authorOf,
  bodies,
  commit,
  commitOf,
  delivery,
  message,
  partOf,
  type StoreFixture,
  T0,
  takeAll,
  takeShard0,
} from "./store-contract-fixture.ts";

export function commitContract(fixture: () => Promise<StoreFixture>): void {
  describe("commit", () => {
    test("writes states with their versions, replaces and deletes them", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const [a, b] = [
        { target: "desk", key: "a" },
        { target: "desk", key: "b" },
      ];
      await commit(store, lease, {
        states: [
          { ...a, version: 1, body: '{"n":1}' },
          { ...b, version: 1, body: "[]" },
        ],
      });
      await commit(store, lease, {
        states: [
          { ...a, version: 2, body: '{"n":2}' },
          { ...b, version: 1, body: null },
        ],
      });
      expect(await store.readStates([b, a])).toEqual([
        undefined,
        { ...a, version: 2, body: '{"n":2}', updatedAtMs: T0 },
      ]);
    });

    test("lets the last of several writes of one state win", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const id = { target: "desk", key: "a" };
      const states = ["1", "2", null, "3"].map((body) => ({ ...id, version: 1, body }));
      await commit(store, lease, { states });
      expect((await store.readStates([id]))[0]?.body).toBe("3");
    });

    test("appends deliveries to the shard's own out stream, in order", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, { deliveries: [delivery("1"), delivery("2")] });
      await commit(store, lease, { deliveries: [delivery("3")] });
      expect(await bodies(store, 0, "out")).toEqual(["1", "2", "3"]);
      expect(await bodies(store, 0, "in")).toEqual([]);
    });

    test("appends sends to any shard, takes them once, and says which shards have grown", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      const twice = { shard: 5, dedupe: { source: "s", externalId: "1" } };
      const outcome = await store.commit({
        author: authorOf(ALICE),
        nowMs: T0,
        shards: [
          partOf(zero, { sends: [message("a", twice), message("b", { shard: 2 })] }),
          partOf(one, { sends: [message("a", twice), message("c", { shard: 2 })] }),
        ],
      });
      if (outcome.kind !== "committed") throw new Error(outcome.kind);
      expect(outcome.sends).toEqual([
        { kind: "appended", seq: 1 },
        { kind: "appended", seq: 1 },
        { kind: "duplicate", seq: 1 },
        { kind: "appended", seq: 2 },
      ]);
      expect([...outcome.grown].sort()).toEqual([2, 5]);
      expect(await bodies(store, 2)).toEqual(["b", "c"]);
    });

    test("numbers broadcasts per topic, over all shards of the commit", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      const say = (topic: string, payload: string) => ({ topic, event: "said", payload });
      const outcome = await store.commit({
        author: authorOf(ALICE),
        nowMs: T0,
        shards: [
          partOf(zero, { history: [say("room:1", "1"), say("room:2", "2")] }),
          partOf(one, { history: [say("room:1", "3")] }),
        ],
      });
      expect(outcome).toMatchObject({ kind: "committed", history: [1, 1, 2] });
      expect((await store.readHistory("room:1", 0, 10)).map((row) => row.payload)).toEqual(["1", "3"]);
    });

    test("refuses a request that names a shard twice", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const request = commitOf(lease, {});
      await expect(store.commit({ ...request, shards: [partOf(lease), partOf(lease)] })).rejects.toBeInstanceOf(
        InvalidInputError,
      );
    });

    test("commits nothing at all for no shards", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.commit({ author: authorOf(ALICE), nowMs: T0, shards: [] })).toEqual({
        kind: "committed",
        sends: [],
        passed: [],
        grown: [],
        history: [],
      });
    });
  });

  describe("user SQL", () => {
    const cause = { shard: 0, stream: "in", seq: 7 } as const;
    const insert = (id: number, name: string) => ({
      text: ["insert into visits (id, name) values (", ", ", ")"],
      values: [id, name],
      cause,
    });

    test("is committed with the state", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.setUp(["create table visits (id integer primary key, name text not null)"]);
      const lease = await takeShard0(store);
      await commit(store, lease, { sql: [insert(1, "Zoë"), insert(2, "Bo")] });
      const rows = await store.query({
        text: ["select id, name from visits where id > ", " order by id"],
        values: [0],
      });
      expect(rows.map((row) => ({ ...row }))).toEqual([
        { id: 1, name: "Zoë" },
        { id: 2, name: "Bo" },
      ]);
    });

    test("that fails leaves nothing of the commit and names the message that issued it", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.setUp(["create table visits (id integer primary key, name text not null)"]);
      const lease = await takeShard0(store);
      const outcome = await store.commit(
        commitOf(lease, {
          states: [{ target: "desk", key: "guest", version: 1, body: "1" }],
          sends: [message("leak")],
          sql: [insert(1, "one"), { ...insert(1, "again"), cause: { ...cause, seq: 8 } }],
        }),
      );
      expect(outcome).toMatchObject({ kind: "statement-failed", cause: { ...cause, seq: 8 } });
      if (outcome.kind === "statement-failed") expect(outcome.error).toBeInstanceOf(Error);
      expect(await store.query({ text: ["select * from visits"], values: [] })).toEqual([]);
      expect(await store.readStates([{ target: "desk", key: "guest" }])).toEqual([undefined]);
      expect(await bodies(store)).toEqual([]);
      await commit(store, lease, { sql: [insert(1, "one")] });
    });

    test.each(["commit", "  -- so\n rollback", "begin"])("must not take hold of the transaction: %p", async (text) => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const outcome = await store.commit(
        commitOf(lease, { sends: [message("leak")], sql: [{ text: [text], values: [], cause }] }),
      );
      expect(outcome).toMatchObject({ kind: "statement-failed", cause });
      expect(await bodies(store)).toEqual([]);
    });

    test("sets up once ever, by the statement's text", async () => {
      await using f = await fixture();
      const statements = ["create table visits (id integer primary key)", "insert into visits values (1)"];
      await (await f.open()).setUp(statements);
      const store = await f.open();
      await store.setUp([...statements, "insert into visits values (2)"]);
      const rows = await store.query({ text: ["select id from visits order by id"], values: [] });
      expect(rows.map((row) => Number(row.id))).toEqual([1, 2]);
    });

    test("query does not write", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.setUp(["create table visits (id integer primary key)"]);
      await expect(store.query({ text: ["insert into visits values (1)"], values: [] })).rejects.toThrow();
      expect(await store.query({ text: ["select * from visits"], values: [] })).toEqual([]);
    });
  });
}
