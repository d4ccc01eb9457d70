/**
 * `idle-transaction`: somebody's forgotten transaction keeps PostgreSQL from clearing dead rows. A queue that updates or deletes its rows gets slower
 * by the minute. The same load for the same time, without and with such a transaction.
 */
import { SQL } from "bun";
import type { ActorsOptions, Progress } from "../actors/end-to-end.ts";
import { KEYS } from "../actors/workload.ts";
import { readOptions } from "../measure/options.ts";
import { Program } from "../measure/program.ts";
import { median } from "../measure/statistics.ts";
import { createTemporaryStore, DEFAULT_POSTGRES } from "../measure/stores.ts";
import { kilo, note, printTable, ratio } from "../measure/table.ts";

const DEFAULTS = {
  postgres: DEFAULT_POSTGRES,
  seconds: 600,
  "warm-up-seconds": 20,
  "slice-seconds": 30,
  "keep-seconds": 60,
};

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  const without = await measureSlices(false, options);
  const withIdle = await measureSlices(true, options);
  const row = (name: string, slices: readonly number[]) => ({
    transaction: name,
    "messages/s, median": kilo(median(slices)),
    "of without": ratio(median(slices), median(without)),
    "first slice": kilo(slices[0] ?? Number.NaN),
    "last slice": kilo(slices.at(-1) ?? Number.NaN),
  });
  printTable(`${options.seconds} s each, in slices of ${options["slice-seconds"]} s, replies consumed`, [
    row("none", without),
    row("open and idle", withIdle),
  ]);
}

/** Messages handled a second, slice by slice. */
async function measureSlices(idle: boolean, options: typeof DEFAULTS): Promise<readonly number[]> {
  await using temporary = await createTemporaryStore("postgres", options.postgres);
  const given: ActorsOptions = {
    ...{
      place: temporary.place,
      messages: Number.MAX_SAFE_INTEGER,
      keys: KEYS,
      callers: 250,
      perCall: 8,
      perSecond: 0,
    },
    ...{ dedupe: true, replies: "consumed", window: 20_000, keepMs: options["keep-seconds"] * 1_000 },
  };
  const gateway = Program.start("actors/gateway-process.ts", given);
  await gateway.next("ready");
  const worker = Program.start("actors/worker-process.ts", given);
  const pin = idle ? await openIdleTransaction(temporary.place.address) : undefined;
  try {
    await worker.next("ready");
    gateway.tell({ kind: "go" });
    await progressAfter(worker, options["warm-up-seconds"]);
    const slices: number[] = [];
    for (let elapsed = 0; elapsed < options.seconds; elapsed += options["slice-seconds"]) {
      slices.push(await progressAfter(worker, options["slice-seconds"]));
      note("idle-transaction", { idle, perSecond: slices.at(-1) });
    }
    return slices;
  } finally {
    await Promise.all([worker.stop(), gateway.stop()]);
    await pin?.close();
  }
}

/** Messages handled a second over the next `seconds` notices of the worker. */
async function progressAfter(worker: Program, seconds: number): Promise<number> {
  const begin = await worker.next<Progress>("progress");
  let end = begin;
  for (let i = 0; i < seconds; i++) end = await worker.next<Progress>("progress");
  return (end.handled - begin.handled) / 2 / ((end.atMs - begin.atMs) / 1_000);
}

/** Holds a snapshot and a transaction id, and does nothing. */
async function openIdleTransaction(url: string): Promise<SQL> {
  const sql = new SQL(url, { max: 1, idleTimeout: 0 });
  await sql.unsafe("begin isolation level repeatable read");
  await sql.unsafe("select txid_current()");
  return sql;
}
