import { describe, expect, test } from "bun:test";
import { StoreUnavailableError } from "../../core/index.ts";
import { requireService, serviceTitle } from "../../testing/index.ts";
import { CuttingProxy } from "./cutting-proxy-fixture.ts";
import { PostgresStore } from "./index.ts";
import { type PostgresFixture, postgresFixtures } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");
const createFixture = postgresFixtures(postgres);
const fixture = (): Promise<PostgresFixture> => createFixture({ shardCount: 4 });

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const ALICE = { memberId: "alice", node: "n1" };

function message(body: string) {
  return { shard: 0, target: "desk", key: "guest", body: JSON.stringify(body), meta: null };
}

async function bodies(store: PostgresStore, stream: "in" | "out" = "in"): Promise<readonly unknown[]> {
  return (await store.read([{ shard: 0, stream, after: 0 }], 100)).map(({ body }) => JSON.parse(body));
}

/** A store behind a proxy, and one that sees the database directly. */
async function behindProxy(f: PostgresFixture) {
  const { hostname, port } = new URL(f.url);
  const proxy = new CuttingProxy({ hostname, port: Number(port || 5432) });
  const url = Object.assign(new URL(f.url), { port: String(proxy.port) }).href;
  const store = await f.open({ url, maxConnections: 1, connectTimeoutMs: 300 });
  return { proxy, store, direct: await f.open() };
}

/** Lets every insert into `table` wait until `release` is called; `reached` resolves when one waits. */
async function halting(f: PostgresFixture, table: string) {
  const keeper = await f.sql.reserve();
  await keeper.unsafe("select pg_advisory_lock(4711)");
  await f.sql.unsafe(`create function public.halt() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock_shared(4711); return null; end';
    create trigger halt after insert on ${table} for each statement execute function public.halt();`);
  return {
    async reached() {
      for (;;) {
        const [row] = await f.sql.unsafe(
          "select pid from pg_locks where locktype = 'advisory' and objid = 4711 and not granted limit 1",
        );
        if (row) return row.pid as number;
      }
    },
    async release() {
      await keeper.unsafe("select pg_advisory_unlock(4711)");
      keeper.release();
    },
  };
}

describe.skipIf(postgres.kind === "missing")(serviceTitle("PostgresStore and its connections", postgres), () => {
  test("names itself in pg_stat_activity from the first moment", async () => {
    await using f = await fixture();
    await f.open({ node: "n1", role: "worker" });
    const rows =
      await f.sql`select distinct application_name from pg_stat_activity where application_name like 'godwit/%'
      and datname = current_database()`;
    expect(rows.map(({ application_name }: { application_name: string }) => application_name)).toEqual([
      "godwit/n1/worker",
    ]);
  });

  test("where no server answers, start says so and is worth trying again; a wrong database is not", async () => {
    const nobody = new PostgresStore({ url: "postgres://postgres@127.0.0.1:1/postgres" });
    await expect(nobody.start()).rejects.toThrow(StoreUnavailableError);
    await using f = await fixture();
    const wrong = new PostgresStore({ url: f.url.replace(/godwit_test_\w+/, "godwit_no_such_database") });
    await expect(wrong.start()).rejects.toMatchObject({ code: "config", retryable: false });
    await nobody.stop();
    await wrong.stop();
  });

  test("before start and after stop calls fail as unavailable; it can be started again", async () => {
    await using f = await fixture();
    const store = await f.open();
    await store.append([message("1")], NOW_MS);
    await store.stop();
    await store.stop();
    await expect(store.append([message("2")], NOW_MS)).rejects.toThrow(StoreUnavailableError);
    await store.start();
    expect(await bodies(store)).toEqual(["1"]);
  });

  test("stop waits for what is under way, of several statements too", async () => {
    await using f = await fixture();
    const store = await f.open();
    const order = { source: "bot", externalSeq: 1, gapWaitMs: 1_000 };
    const appending = store.append([{ ...message("1"), order }], NOW_MS);
    await store.stop();
    expect((await appending).outcomes).toEqual([{ kind: "appended", seq: 1 }]);
  });

  test("a backend that is ended in the middle of an append leaves nothing half-written, and the append is done once", async () => {
    await using f = await fixture();
    const store = await f.open();
    const halt = await halting(f, "godwit.in_1");
    const appending = store.append([message("1"), message("2")], NOW_MS);
    const pid = await halt.reached();
    expect(await bodies(store)).toEqual([]);
    await f.sql`select pg_terminate_backend(${pid}::int)`;
    await halt.release();
    expect((await appending).outcomes).toEqual([
      { kind: "appended", seq: 1 },
      { kind: "appended", seq: 2 },
    ]);
    expect(await bodies(store)).toEqual(["1", "2"]);
  });

  test("a backend that is ended in the middle of a commit leaves nothing half-written, and the commit is made once", async () => {
    await using f = await fixture();
    const store = await f.open();
    await store.heartbeat(ALICE, 60_000);
    const [lease] = await store.acquire("alice", 1);
    if (!lease) throw new Error("no lease");
    await store.setUp(["create table visits (n int)"]);
    const halt = await halting(f, "godwit.out_1");
    const committing = store.commit({
      author: { memberId: "alice", codeVersion: "v1" },
      nowMs: NOW_MS,
      shards: [
        {
          shard: lease.shard,
          epoch: lease.epoch,
          deliveries: [message("reply")],
          states: [{ target: "desk", key: "guest", version: 1, body: "{}" }],
          sql: [{ text: ["insert into visits values (", ")"], values: [1], cause: { shard: 0, stream: "in", seq: 1 } }],
        },
      ],
    });
    const pid = await halt.reached();
    await f.sql`select pg_terminate_backend(${pid}::int)`;
    await halt.release();
    expect((await committing).kind).toBe("committed");
    expect(await bodies(store, "out")).toEqual(["reply"]);
    expect(await store.query({ text: ["select count(*) as visits from visits"], values: [] })).toEqual([{ visits: 1 }]);
  });

  test("an append whose answer is lost fails as unavailable, since it may have been made; the next call works", async () => {
    await using f = await fixture();
    const { proxy, store, direct } = await behindProxy(f);
    using _ = proxy;
    await store.append([message("1")], NOW_MS);
    proxy.loseNextAnswer();
    await expect(store.append([message("2")], NOW_MS)).rejects.toMatchObject({
      code: "store_unavailable",
      retryable: true,
    });
    expect((await store.append([message("3")], NOW_MS)).outcomes).toMatchObject([{ kind: "appended" }]);
    expect(await bodies(direct)).toEqual(["1", "2", "3"]);
    await store.stop();
  });

  test("while the server is away calls fail as unavailable, and succeed when it is back", async () => {
    await using f = await fixture();
    const { proxy, store } = await behindProxy(f);
    using _ = proxy;
    await store.append([message("1")], NOW_MS);
    proxy.goDown();
    await expect(store.append([message("2")], NOW_MS)).rejects.toThrow(StoreUnavailableError);
    await expect(store.heartbeat(ALICE, 1_000)).rejects.toThrow(StoreUnavailableError);
    await expect(store.query({ text: ["select 1"], values: [] })).rejects.toThrow(StoreUnavailableError);
    proxy.comeBack();
    expect((await store.append([message("3")], NOW_MS)).outcomes).toEqual([{ kind: "appended", seq: 2 }]);
    await store.stop();
  });

  describe("a commit whose answer is lost", () => {
    const commitOf = (epoch: number, body: string, more = {}) => ({
      author: { memberId: "alice", codeVersion: "v1" },
      nowMs: NOW_MS,
      shards: [
        {
          shard: 0,
          epoch,
          deliveries: [message(body)],
          sends: [message(`to self: ${body}`)],
          history: [{ topic: "chat", event: "message", payload: "{}" }],
        },
      ],
      ...more,
    });

    test("is asked for again, and made once", async () => {
      await using f = await fixture();
      const { proxy, store, direct } = await behindProxy(f);
      using _ = proxy;
      await store.heartbeat(ALICE, 60_000);
      const [lease] = await store.acquire("alice", 1);
      const epoch = lease?.epoch ?? 0;
      await store.commit(commitOf(epoch, "1"));
      proxy.loseNextAnswer();
      expect(await store.commit(commitOf(epoch, "2"))).toEqual({
        kind: "committed",
        sends: [{ kind: "appended", seq: 2 }],
        passed: [],
        grown: [0],
        history: [2],
      });
      expect(await bodies(direct, "out")).toEqual(["1", "2"]);
      await store.stop();
    });

    test("may be sent again by its caller when the server is back, under the same commitId, and gets the first answer", async () => {
      await using f = await fixture();
      const { proxy, store, direct } = await behindProxy(f);
      using _ = proxy;
      await store.heartbeat(ALICE, 60_000);
      const [lease] = await store.acquire("alice", 1);
      const epoch = lease?.epoch ?? 0;
      await store.setUp(["create table visits (n int primary key)"]);
      const statement = {
        text: ["insert into visits values (1)"],
        values: [],
        cause: { shard: 0, stream: "in" as const, seq: 1 },
      };
      const request = commitOf(epoch, "1", { commitId: "c1" });
      const withSql = { ...request, shards: request.shards.map((part) => ({ ...part, sql: [statement] })) };
      const first = await store.commit(withSql);
      expect(await store.commit(withSql)).toEqual(first);
      expect(await bodies(direct, "out")).toEqual(["1"]);
      expect((await store.commit({ ...withSql, commitId: "c2" })).kind).toBe("statement-failed");
      await store.stop();
    });

    test("gets its first answer for as long as one of its shards has not been taken over; else it is fenced, and made once", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.heartbeat(ALICE, 60_000);
      const leases = [...(await store.acquire("alice", 2))];
      const request = {
        commitId: "c1",
        author: { memberId: "alice", codeVersion: "v1" },
        nowMs: NOW_MS,
        shards: leases.map(({ shard, epoch }) => ({ shard, epoch, deliveries: [{ ...message("reply"), shard }] })),
      };
      const first = await store.commit(request);
      for (const taken of [0, 1]) {
        await store.release("alice", leases.splice(0, 1));
        await store.heartbeat({ memberId: "bob", node: "n2" }, 60_000);
        const [lease] = await store.acquire("bob", 1);
        expect(lease?.shard).toBe(taken);
        const author = { memberId: "bob", codeVersion: "v1" };
        await store.commit({ author, nowMs: NOW_MS, shards: [{ shard: taken, epoch: lease?.epoch ?? 0 }] });
        const again = await store.commit(request);
        expect(again).toEqual(taken === 0 ? first : { kind: "fenced", shards: [0, 1] });
      }
      for (const shard of [0, 1]) expect(await store.read([{ shard, stream: "out", after: 0 }], 10)).toHaveLength(1);
    });
  });
});
