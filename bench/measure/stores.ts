/** The databases of a benchmark: a fresh one for each measurement, gone after it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { PostgresStore } from "godwit/adapters/postgres";
import { SqliteStore } from "godwit/adapters/sqlite";
import type { Store } from "godwit/store";

export const DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres";

export type StoreKind = "sqlite" | "postgres";

/** Where a store is; plain data, for the programs. */
export interface StorePlace {
  readonly kind: StoreKind;
  /** Of this measurement alone: database file, Unix socket, flight recorder. */
  readonly folder: string;
  /** The SQLite file, or the URL of a PostgreSQL database. */
  readonly address: string;
}

export interface TemporaryStore extends AsyncDisposable {
  readonly place: StorePlace;
  /** Processes of the database server that work for this database now. */
  serverPids(): Promise<readonly number[]>;
}

export async function createTemporaryStore(kind: StoreKind, postgresUrl: string): Promise<TemporaryStore> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
  return kind === "sqlite" ? inFile(folder) : inDatabase(folder, postgresUrl);
}

export function openStore({ kind, address }: StorePlace, role: string): Store {
  return kind === "sqlite"
    ? new SqliteStore({ path: address })
    : new PostgresStore({ url: address, node: "bench", role });
}

/** Which stores `--store` names. */
export function storeKinds(given: string): readonly StoreKind[] {
  if (given === "both") return ["sqlite", "postgres"];
  if (given === "sqlite" || given === "postgres") return [given];
  throw new TypeError(`--store: expected sqlite, postgres or both, received ${given}`);
}

function inFile(folder: string): TemporaryStore {
  return {
    place: { kind: "sqlite", folder, address: join(folder, "godwit.db") },
    serverPids: async () => [],
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function inDatabase(folder: string, serverUrl: string): Promise<TemporaryStore> {
  const database = `godwit_bench_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = new SQL(serverUrl, { max: 1 });
  await server.unsafe(`create database ${database}`);
  // Or a measurement would pay for what the one before it has written.
  await server.unsafe("checkpoint");
  return {
    place: { kind: "postgres", folder, address: Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href },
    serverPids: async () => {
      const rows: { pid: number }[] = await server`select pid from pg_stat_activity where datname = ${database}`;
      return rows.map(({ pid }) => pid);
    },
    async [Symbol.asyncDispose]() {
      await server.unsafe(`drop database ${database} with (force)`);
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
