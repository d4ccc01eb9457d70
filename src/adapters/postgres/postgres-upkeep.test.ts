import { describe, expect, test } from "bun:test";
import { DAY, HOUR } from "../../core/index.ts";
import { requireService, serviceTitle } from "../../testing/index.ts";
import type { PostgresStore } from "./index.ts";
import { type PostgresFixture, postgresFixtures } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");
const createFixture = postgresFixtures(postgres);
const fixture = (): Promise<PostgresFixture> => createFixture({ shardCount: 2 });

const T0 = Date.UTC(2026, 0, 1);
const POLICY = { keepMs: HOUR, dedupeWindowMs: 7 * DAY, segmentMs: HOUR };
const ALICE = { memberId: "alice", node: "n1" };

function message(body: string, more = {}) {
  return { shard: 0, target: "desk", key: "guest", body: JSON.stringify(body), meta: null, ...more };
}

async function commit(store: PostgresStore, epoch: number, part: object, nowMs = T0): Promise<void> {
  const request = { author: { memberId: "alice", codeVersion: "v1" }, nowMs, shards: [{ shard: 0, epoch, ...part }] };
  expect((await store.commit(request)).kind).toBe("committed");
}

async function takeShard0(store: PostgresStore): Promise<number> {
  await store.heartbeat(ALICE, HOUR);
  const [lease] = await store.acquire("alice", 1);
  return lease?.epoch ?? 0;
}

async function bodies(store: PostgresStore, limit = 100): Promise<readonly unknown[]> {
  return (await store.read([{ shard: 0, stream: "in", after: 0 }], limit)).map(({ body }) => JSON.parse(body));
}

async function tables(f: PostgresFixture, prefix: string): Promise<readonly string[]> {
  const rows =
    await f.sql`select tablename from pg_tables where schemaname = 'godwit' and starts_with(tablename, ${prefix})
    order by tablename`;
  return rows.map(({ tablename }: { tablename: string }) => tablename);
}

describe.skipIf(postgres.kind === "missing")(serviceTitle("generations of tables in PostgreSQL", postgres), () => {
  test("a stream reads on over the border of two segments, and its numbers too", async () => {
    await using f = await fixture();
    const store = await f.open();
    await store.append(
      ["1", "2"].map((body) => message(body)),
      T0,
    );
    await store.maintain(POLICY, T0 + HOUR);
    await store.maintain(POLICY, T0 + 2 * HOUR);
    expect(await tables(f, "in_")).toEqual(["in_1", "in_2"]);
    await store.append(
      ["3", "4"].map((body) => message(body)),
      T0 + HOUR,
    );
    expect(await bodies(store)).toEqual(["1", "2", "3", "4"]);
    expect(await bodies(store, 3)).toEqual(["1", "2", "3"]);
    expect((await store.message({ shard: 0, stream: "in", seq: 2 }))?.body).toBe('"2"');
    expect((await store.message({ shard: 0, stream: "in", seq: 3 }))?.body).toBe('"3"');
    expect((await store.shards())[0]?.head).toEqual({ in: 4, out: 0 });
  });

  test("an append that waits while a segment is begun goes into the new one", async () => {
    await using f = await fixture();
    const store = await f.open();
    await store.append([message("1")], T0);
    const other = await f.open();
    const racing = Array.from({ length: 20 }, (_, i) => other.append([message(String(i))], T0));
    await Promise.all([store.maintain(POLICY, T0 + HOUR), ...racing]);
    const rows = await store.read([{ shard: 0, stream: "in", after: 0 }], 100);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  });

  test("a segment is dropped when all of it was handled and it is old enough, and who handled it is forgotten", async () => {
    await using f = await fixture();
    const store = await f.open();
    const epoch = await takeShard0(store);
    await store.append([message("1")], T0);
    await store.maintain(POLICY, T0 + HOUR);
    await store.maintain(POLICY, T0 + 3 * HOUR);
    expect(await tables(f, "in_")).toEqual(["in_1", "in_2"]);
    await commit(store, epoch, { progress: { in: { cursor: 1, ahead: [] } } });
    await store.append([message("2")], T0);
    await commit(store, epoch, { progress: { in: { cursor: 2, ahead: [] } } });
    expect((await store.handledBy({ shard: 0, stream: "in", seq: 1 }))?.memberId).toBe("alice");
    await store.maintain(POLICY, T0 + 3 * HOUR);
    expect(await tables(f, "journal_")).toEqual(["journal_2", "journal_3"]);
    expect(await bodies(store)).toEqual(["2"]);
    expect(await bodies(store, 1)).toEqual(["2"]);
    expect(await store.message({ shard: 0, stream: "in", seq: 1 })).toBeUndefined();
    expect((await store.append([message("3")], T0)).outcomes).toEqual([{ kind: "appended", seq: 3 }]);
  });

  test("a reader that holds a segment delays its dropping, and nobody waits for it", async () => {
    await using f = await fixture();
    const store = await f.open();
    const epoch = await takeShard0(store);
    await store.append([message("1")], T0);
    await commit(store, epoch, { progress: { in: { cursor: 1, ahead: [] } } });
    await f.sql.begin(async (sql) => {
      await sql`select count(*) from godwit.in_1`;
      await store.maintain(POLICY, T0 + HOUR);
      await store.maintain(POLICY, T0 + 2 * HOUR);
      expect(await tables(f, "in_")).toEqual(["in_1", "in_2"]);
    });
    await store.maintain(POLICY, T0 + 2 * HOUR);
    expect(await tables(f, "in_")).toEqual(["in_2"]);
  });

  test("a state is read as last written, whether it was folded or not", async () => {
    await using f = await fixture();
    const store = await f.open({ statePartMaxBytes: 1 });
    const epoch = await takeShard0(store);
    const write = (key: string, body: string | null) =>
      commit(store, epoch, { states: [{ target: "desk", key, version: 1, body }] });
    const read = async () =>
      (await store.readStates(["a", "b", "c"].map((key) => ({ target: "desk", key })))).map((row) => row?.body);
    await write("a", "1");
    await write("a", "2");
    await write("b", "1");
    await store.maintain(POLICY, T0);
    expect(await read()).toEqual(["2", "1", undefined]);
    await write("a", "3");
    await write("b", null);
    await write("c", "1");
    expect(await read()).toEqual(["3", undefined, "1"]);
    expect((await store.states("desk", "", { limit: 10 })).rows.map(({ key }) => key)).toEqual(["a", "c"]);
    await store.maintain(POLICY, T0);
    await write("c", null);
    await store.maintain(POLICY, T0);
    expect(await read()).toEqual(["3", undefined, undefined]);
    expect(await tables(f, "state_log_")).toEqual(["state_log_4"]);
    expect([...(await f.sql`select key, body from godwit.states`)]).toEqual([{ key: "a", body: "3" }]);
  });

  test("states are only ever inserted: an open old snapshot finds no dead row in its way", async () => {
    await using f = await fixture();
    const store = await f.open();
    const epoch = await takeShard0(store);
    const states = [{ target: "desk", key: "a", version: 1, body: "{}" }];
    for (let i = 0; i < 10; i++) {
      await store.append([message("1")], T0);
      await commit(store, epoch, {
        states,
        deliveries: [message("r")],
        progress: { in: { cursor: i + 1, ahead: [] } },
      });
    }
    const touched =
      await f.sql`select relname from pg_class c where relnamespace = 'godwit'::regnamespace and relkind = 'r'
      and (pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_tuples_updated(oid)) > 0 and relname ~ '^(in|out|journal|state)'`;
    expect([...touched]).toEqual([]);
    const [count] = await f.sql`select count(*)::int as versions from godwit.state_log_1`;
    expect(count).toEqual({ versions: 10 });
  });
});
