import { afterAll } from "bun:test";
import { SQL } from "bun";
import { ManualClock } from "../../core/index.ts";
import type { Service, StoreFixture } from "../../testing/index.ts";
import { PostgresStore, type PostgresStoreOptions } from "./index.ts";

/** A database of its own for one test, and connections beside the store's to look at it and to disturb it. */
export interface PostgresFixture extends StoreFixture {
  readonly url: string;
  readonly sql: SQL;
  open(options?: Partial<PostgresStoreOptions>): Promise<PostgresStore>;
}

/** When the schema's first tables begin: before the times that contract tests count from. */
const BEGUN_AT = new ManualClock();

/**
 * Fixtures on a database that the calling test file has to itself; it is dropped after the file's last test. Making and dropping
 * a database costs the server a checkpoint each, so the fixtures of a file share one, one after the other, and each leaves it empty.
 */
export function postgresFixtures(
  service: Service,
): (options: { readonly shardCount: number }) => Promise<PostgresFixture> {
  const database = `godwit_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const serverUrl = service.kind === "available" ? service.address : "";
  let created: Promise<unknown> | undefined;
  afterAll(async () => {
    if (created) await onServer(serverUrl, `drop database ${database} with (force)`);
  });
  return async (options) => {
    created ??= onServer(serverUrl, `create database ${database}`);
    await created;
    return createFixture(Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href, options);
  };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const server = new SQL(serverUrl, { max: 1 });
  await server.unsafe(statement);
  await server.close();
}

function createFixture(url: string, options: { readonly shardCount: number }): PostgresFixture {
  const sql = new SQL(url, { max: 4 });
  const stores: PostgresStore[] = [];
  return {
    url,
    sql,
    async open(more = {}) {
      const store = new PostgresStore({ url, clock: BEGUN_AT, maxConnections: 3, ...options, ...more });
      stores.push(store);
      await store.start();
      return store;
    },
    async passTime(ms) {
      await sql.unsafe("update godwit.members set expires_at = expires_at - $1 * interval '1 ms'", [ms]);
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.stop();
      await sql.unsafe("drop schema if exists godwit, public cascade; create schema public");
      await sql.close();
    },
  };
}
