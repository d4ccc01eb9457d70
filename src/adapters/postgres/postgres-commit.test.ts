import { describe, expect, test } from "bun:test";
import { HOUR, SECOND } from "../../core/index.ts";
import type { CommitOutcome, ShardCommit, SqlValue } from "../../store/index.ts";
import { requireService, serviceTitle } from "../../testing/index.ts";
import type { PostgresStore } from "./index.ts";
import { type PostgresFixture, postgresFixtures } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");
const createFixture = postgresFixtures(postgres);
const fixture = (): Promise<PostgresFixture> => createFixture({ shardCount: 2 });

const T0 = Date.UTC(2026, 0, 1);
const ALICE = { memberId: "alice", node: "n1" };
const CAUSE = { shard: 0, stream: "in" as const, seq: 7 };

function message(body: string, more = {}) {
  return { shard: 0, target: "desk", key: "guest", body: JSON.stringify(body), meta: null, ...more };
}

function numbered(externalSeq: number, more = {}) {
  return message(`number ${externalSeq}`, { order: { source: "bot", externalSeq, gapWaitMs: 30 * SECOND }, ...more });
}

function sql(strings: TemplateStringsArray, ...values: SqlValue[]) {
  return { text: [...strings], values, cause: CAUSE };
}

async function takeShard0(store: PostgresStore): Promise<number> {
  await store.heartbeat(ALICE, HOUR);
  const [lease] = await store.acquire("alice", 1);
  return lease?.epoch ?? 0;
}

function commit(
  store: PostgresStore,
  epoch: number,
  part: Omit<ShardCommit, "shard" | "epoch">,
  more = {},
): Promise<CommitOutcome> {
  return store.commit({
    author: { memberId: "alice", codeVersion: "v1" },
    nowMs: T0,
    shards: [{ shard: 0, epoch, ...part }],
    ...more,
  });
}

async function bodies(store: PostgresStore, stream: "in" | "out" = "in"): Promise<readonly unknown[]> {
  return (await store.read([{ shard: 0, stream, after: 0 }], 100)).map(({ body }) => JSON.parse(body));
}

describe.skipIf(postgres.kind === "missing")(serviceTitle("commits in PostgreSQL", postgres), () => {
  test("a shard whose commit is under way is not taken over until it has ended", async () => {
    await using f = await fixture();
    const store = await f.open();
    const epoch = await takeShard0(store);
    await store.setUp(["create table visits (n int primary key)"]);
    const blocker = await f.sql.reserve();
    await blocker.unsafe("begin; insert into visits values (1)");
    const committing = commit(store, epoch, {
      sql: [sql`insert into visits values (1)`],
      deliveries: [message("reply")],
    });
    const waits = () => f.sql`select 1 from pg_locks where not granted limit 1`;
    while ((await waits()).length === 0);
    await f.passTime(2 * HOUR);
    await store.heartbeat({ memberId: "bob", node: "n2" }, HOUR);
    expect((await store.acquire("bob", 2)).map(({ shard }) => shard)).toEqual([1]);
    await blocker.unsafe("rollback");
    blocker.release();
    expect((await committing).kind).toBe("committed");
    expect((await store.acquire("bob", 2)).map(({ shard }) => shard)).toEqual([0]);
    expect(await commit(store, epoch, { deliveries: [message("late")] })).toEqual({ kind: "fenced", shards: [0] });
    expect(await bodies(store, "out")).toEqual(["reply"]);
  });

  test("a reader that has seen a sequence has been able to see every smaller one", async () => {
    await using f = await fixture();
    const [store, other] = [await f.open(), await f.open()];
    const reader = await f.open();
    let writing = true;
    const write = async (by: PostgresStore) => {
      for (let i = 0; i < 40; i++) await by.append([message(String(i)), message("b", { shard: 1 })], T0);
    };
    const written = Promise.all([write(store), write(other)]).finally(() => {
      writing = false;
    });
    let after = 0;
    for (let last = false; !last; ) {
      last = !writing;
      const rows = await reader.read([{ shard: 0, stream: "in", after }], 1_000);
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => after + i + 1));
      after += rows.length;
    }
    await written;
    expect(after).toBe(80);
  });

  describe("a user's statement", () => {
    test("that breaks a deferred constraint is found, though the database complains at the end", async () => {
      await using f = await fixture();
      const store = await f.open();
      const epoch = await takeShard0(store);
      await store.setUp(["create table visits (n int primary key deferrable initially deferred)"]);
      const culprit = { ...CAUSE, seq: 9 };
      const outcome = await commit(store, epoch, {
        sql: [sql`insert into visits values (1)`, { ...sql`insert into visits values (1)`, cause: culprit }],
        deliveries: [message("reply")],
      });
      expect(outcome).toMatchObject({ kind: "statement-failed", cause: culprit });
      expect(await bodies(store, "out")).toEqual([]);
      expect((await commit(store, epoch, { sql: [sql`insert into visits values (1)`] })).kind).toBe("committed");
    });

    test.each(["commit", "  -- no\n ROLLBACK", "set local synchronous_commit = off"])(
      "that would take hold of the transaction is refused: %s",
      async (text) => {
        await using f = await fixture();
        const store = await f.open();
        const epoch = await takeShard0(store);
        const outcome = await commit(store, epoch, { sql: [{ text: [text], values: [], cause: CAUSE }] });
        expect(outcome).toMatchObject({ kind: "statement-failed", cause: CAUSE });
      },
    );

    test("keeps what its values are: texts, numbers, large integers, bytes, times, nothing", async () => {
      await using f = await fixture();
      const store = await f.open();
      const epoch = await takeShard0(store);
      await store.setUp([
        "create table kinds (t text, n int, f float8, l bigint, b bytea, o boolean, at timestamptz, x text)",
      ]);
      const values = ["it's", 5, 0.5, 2n ** 60n, new Uint8Array([0, 255]), true, new Date(T0), null] as const;
      const [t, n, fl, l, b, o, at, x] = values;
      await commit(store, epoch, {
        sql: [sql`insert into kinds values (${t}, ${n}, ${fl}, ${l}, ${b}, ${o}, ${at}, ${x})`],
      });
      const [row] = await store.query({ text: ["select * from kinds"], values: [] });
      expect(row).toEqual({ t, n, f: fl, l, b: Buffer.from(b), o, at, x });
    });
  });

  describe("sends that their source has numbered", () => {
    test("wait for the missing number, and come with those that were held", async () => {
      await using f = await fixture();
      const store = await f.open();
      const epoch = await takeShard0(store);
      await store.append([numbered(1)], T0);
      expect(await commit(store, epoch, { sends: [numbered(3), message("plain")] })).toMatchObject({
        sends: [{ kind: "held" }, { kind: "appended", seq: 2 }],
        grown: [0],
      });
      const request = { commitId: "c1" };
      const outcome = await commit(store, epoch, { sends: [numbered(2)], deliveries: [message("reply")] }, request);
      expect(outcome).toMatchObject({ sends: [{ kind: "appended", seq: 3 }], grown: [0] });
      expect(await bodies(store)).toEqual(["number 1", "plain", "number 2", "number 3"]);
      expect(await commit(store, epoch, { sends: [numbered(2)], deliveries: [message("reply")] }, request)).toEqual(
        outcome,
      );
      expect(await bodies(store, "out")).toEqual(["reply"]);
    });

    test("a held message keeps its pair, the time it was taken, and its place once it is let go", async () => {
      await using f = await fixture();
      const store = await f.open();
      const pair = { dedupe: { source: "bot", externalId: "x3" } };
      await store.append([numbered(1)], T0);
      await store.append([numbered(3, pair)], T0 + 5);
      expect((await store.append([numbered(3, pair)], T0 + 6)).outcomes).toEqual([{ kind: "duplicate", seq: null }]);
      const { passed, released } = await store.passGaps(T0 + 30 * SECOND + 5);
      expect(passed).toEqual([{ source: "bot", fromSeq: 2, toSeq: 2 }]);
      expect(released).toMatchObject([{ seq: 2, acceptedAtMs: T0 + 5 }]);
      expect((await store.append([numbered(3, pair)], T0 + 7)).outcomes).toEqual([{ kind: "duplicate", seq: 2 }]);
      expect(await store.passGaps(T0 + HOUR)).toEqual({ passed: [], released: [] });
    });

    test("two processes that take from one source keep its order", async () => {
      await using f = await fixture();
      const stores = [await f.open(), await f.open()];
      await stores[0]?.append([numbered(1)], T0);
      const numbers = Array.from({ length: 20 }, (_, i) => i + 2);
      await Promise.all(numbers.map((n) => stores[n % 2]?.append([numbered(n)], T0)));
      expect(await bodies(stores[0] as PostgresStore)).toEqual([1, ...numbers].map((n) => `number ${n}`));
    });
  });
});
