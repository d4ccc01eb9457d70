import { SQL } from "bun";
import { ManualClock } from "../../core/index.ts";
import type { StoreFixture } from "../../testing/index.ts";
import { PostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";

/** A database of its own for one test, and connections beside the store's to look at it and to disturb it. */
export interface PostgresFixture extends StoreFixture {
  readonly url: string;
  readonly sql: SQL;
  open(options?: Partial<PostgresStoreOptions>): Promise<PostgresStore>;
}

/** When the schema's first tables begin: before the times that contract tests count from. */
const BEGUN_AT = new ManualClock();

export async function createPostgresFixture(
  serverUrl: string,
  options: { readonly shardCount: number },
): Promise<PostgresFixture> {
  const database = `godwit_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = new SQL(serverUrl, { max: 1 });
  await server.unsafe(`create database ${database}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
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
      await sql.close();
      await server.unsafe(`drop database ${database} with (force)`);
      await server.close();
    },
  };
}
