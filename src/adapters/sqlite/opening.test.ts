import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, InvalidInputError } from "../../core/index.ts";
import { SqliteStore } from "./index.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "godwit-opening-"));
  path = join(folder, "godwit.db");
});

afterEach(() => rm(folder, { recursive: true }));

async function started(options: { readonly shardCount?: number } = {}): Promise<SqliteStore> {
  const store = new SqliteStore({ path, ...options });
  await store.start();
  return store;
}

function edit(sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

async function failure(store: SqliteStore): Promise<unknown> {
  return store.start().catch((error: unknown) => error);
}

describe("opening a SQLite store", () => {
  test("says that the folder is missing", async () => {
    const error = await failure(new SqliteStore({ path: "/nonexistent/godwit.db" }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("the folder must exist and be writable");
  });

  test("says that the file is no database, and leaves it as it is", async () => {
    const text = "these are my holiday notes".repeat(100);
    await Bun.write(path, text);
    const error = await failure(new SqliteStore({ path }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("is not a SQLite database");
    expect(await Bun.file(path).text()).toBe(text);
  });

  test("refuses a file that a newer Godwit wrote", async () => {
    await (await started()).stop();
    edit("update godwit_meta set value = 999 where name = 'schema_version'");
    const error = await failure(new SqliteStore({ path }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("newer Godwit");
  });

  test("starts after a start that failed, once the fault is gone", async () => {
    await Bun.write(path, "no database".repeat(100));
    const store = new SqliteStore({ path });
    await failure(store);
    await rm(path);
    await store.start();
    expect(store.shardCount).toBe(64);
    await store.stop();
  });

  test("keeps the shard count with which the file was created", async () => {
    await (await started({ shardCount: 16 })).stop();
    const store = await started({ shardCount: 32 });
    expect(store.shardCount).toBe(16);
    await store.stop();
  });

  test.each([0, 1.5, 5_000])("refuses a shard count of %p", (shardCount) => {
    expect(() => new SqliteStore({ path, shardCount })).toThrow(InvalidInputError);
  });

  test("works in memory, for tests", async () => {
    const store = new SqliteStore({ path: ":memory:", shardCount: 1 });
    await store.start();
    const request = { shard: 0, target: "t", key: "k", body: "1", meta: null };
    expect((await store.append([request], 0)).outcomes).toEqual([{ kind: "appended", seq: 1 }]);
    await store.stop();
  });

  test("a deferred foreign key that does not hold is laid at the door of the message that broke it", async () => {
    const store = await started({ shardCount: 1 });
    await store.setUp([
      "create table guests (id integer primary key)",
      "create table visits (guest integer references guests (id) deferrable initially deferred)",
    ]);
    await store.heartbeat({ memberId: "w", node: "n" }, 60_000);
    const [lease] = await store.acquire("w", 1);
    const visit = (guest: number, seq: number) => ({
      text: ["insert into visits values (", ")"],
      values: [guest],
      cause: { shard: 0, stream: "in", seq } as const,
    });
    const guest = { text: ["insert into guests values (1)"], values: [], cause: visit(1, 1).cause };
    const outcome = await store.commit({
      author: { memberId: "w", codeVersion: "v" },
      nowMs: 0,
      shards: [{ shard: 0, epoch: lease?.epoch ?? 0, sql: [visit(1, 1), guest, visit(9, 2)] }],
    });
    expect(outcome).toMatchObject({ kind: "statement-failed", cause: { seq: 2 } });
    expect(await store.query({ text: ["select * from guests"], values: [] })).toEqual([]);
    await store.stop();
  });
});
