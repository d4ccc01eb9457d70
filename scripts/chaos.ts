/**
 * `npm run chaos [-- --messages 200000 --keys 1000 --strikes 50 --store sqlite|postgres://… --seed N]`: kills and pauses a node at random while
 * it works, and fails when anything was lost, reordered or handled twice. With a PostgreSQL URL it makes a database of its own and drops it.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SQL } from "bun";
import { PostgresStore } from "../src/adapters/postgres/index.ts";
import { SqliteStore } from "../src/adapters/sqlite/index.ts";
import { type ChaosReport, runChaos } from "../test/chaos/chaos-run.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "200000" },
    keys: { type: "string", default: "1000" },
    strikes: { type: "string", default: "50" },
    "pause-ms": { type: "string", default: "1200" },
    concurrency: { type: "string", default: "200" },
    workers: { type: "string", default: "2" },
    store: { type: "string", default: "sqlite" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

async function main(): Promise<number> {
  const database = values.store === "sqlite" ? undefined : await createDatabase(values.store);
  const store = database?.url ?? "sqlite";
  try {
    return judge(await run(store));
  } finally {
    await database?.drop();
  }
}

function run(store: string): Promise<ChaosReport> {
  console.log(`seed ${values.seed}, store ${values.store.replace(/:[^:@/]*@/, ":***@")}`);
  return runChaos({
    keys: Number(values.keys),
    perKey: Math.ceil(Number(values.messages) / Number(values.keys)),
    concurrency: Number(values.concurrency),
    strikes: Number(values.strikes),
    pauseMs: Number(values["pause-ms"]),
    seed: Number(values.seed),
    workers: Number(values.workers),
    store,
    openStore: (folder) =>
      store === "sqlite" ? new SqliteStore({ path: join(folder, "godwit.db") }) : new PostgresStore({ url: store }),
    tell: console.log,
  });
}

function judge(report: ChaosReport): number {
  console.log(JSON.stringify(report, null, 2));
  const { accepted, handled, ledger, outOfOrder, deadLetters } = report;
  const whole = handled === accepted && ledger === accepted && outOfOrder === 0 && deadLetters === 0;
  console.log(whole ? "nothing lost, nothing reordered, nothing twice" : "FAILED");
  return whole ? 0 : 1;
}

async function createDatabase(url: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `godwit_chaos_${process.pid}`;
  const admin = new SQL(url, { max: 1 });
  await admin.unsafe(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    drop: async () => {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.close();
    },
  };
}

process.exit(await main());
