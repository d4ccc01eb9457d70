/** As `bare-sqlite.ts`, on PostgreSQL: four flows side by side, since a round trip leaves the server idle otherwise. */
import { SQL } from "bun";
import { heard, programOptions, say } from "../measure/program.ts";
import type { BareOptions, BareResult } from "./bare.ts";
import { BODY, keyOf, type Message, replyTo } from "./workload.ts";

const SHARDS = 64;
const FLOWS = 4;

const { place, messages, batch } = programOptions<BareOptions>();
const sql = new SQL(place.address, { max: 2 * FLOWS });
await sql.unsafe(`
  create table log (shard int, seq bigint, key text, body text, primary key (shard, seq));
  create table outbox (shard int, seq bigint, key text, body text, primary key (shard, seq));
  create table state (key text primary key, body text) with (fillfactor = 70);
  create table progress (shard int primary key, cursor bigint)`);

const counts = new Map<string, number>();
const heads = new Array<number>(SHARDS).fill(0);
let next = 0;

/** Keys of a flow are its own, as they are a shard's. */
async function flow(index: number): Promise<void> {
  for (let turn = 0; next < messages; turn++) {
    const first = next;
    next += batch;
    const shard = index * (SHARDS / FLOWS) + (turn % (SHARDS / FLOWS));
    const from = heads[shard] ?? 0;
    heads[shard] = from + batch;
    await append(shard, from, first, index);
    await commit(shard, await read(shard, from));
  }
}

async function append(shard: number, from: number, first: number, flowIndex: number): Promise<void> {
  const seqs = Array.from({ length: batch }, (_, i) => from + i + 1);
  const keys = Array.from({ length: batch }, (_, i) => `${flowIndex}-${keyOf(first + i, 2_500)}`);
  const bodies = new Array<string>(batch).fill(BODY);
  await sql`insert into log select ${shard}, * from unnest(
    ${sql.array(seqs, "BIGINT")}::bigint[], ${sql.array(keys, "TEXT")}::text[], ${sql.array(bodies, "TEXT")}::text[])`;
}

function read(shard: number, from: number): Promise<[string, string, string][]> {
  return sql`select seq, key, body from log where shard = ${shard} and seq > ${from} order by seq limit ${batch}`.values();
}

async function commit(shard: number, rows: readonly (readonly [string, string, string])[]): Promise<void> {
  const touched = new Set<string>();
  const replies = { seqs: [] as number[], keys: [] as string[], bodies: [] as string[] };
  for (const [seq, key, body] of rows) {
    const message = JSON.parse(body) as Message;
    const count = (counts.get(key) ?? 0) + message.n;
    counts.set(key, count);
    touched.add(key);
    replies.seqs.push(Number(seq));
    replies.keys.push(key);
    replies.bodies.push(JSON.stringify(replyTo(message, count)));
  }
  const keys = [...touched].sort();
  const states = keys.map((key) => JSON.stringify({ count: counts.get(key) }));
  await sql`with
    states as (insert into state select * from unnest(
      ${sql.array(keys, "TEXT")}::text[], ${sql.array(states, "TEXT")}::text[])
      on conflict (key) do update set body = excluded.body),
    replies as (insert into outbox select ${shard}, * from unnest(
      ${sql.array(replies.seqs, "BIGINT")}::bigint[], ${sql.array(replies.keys, "TEXT")}::text[],
      ${sql.array(replies.bodies, "TEXT")}::text[]))
    insert into progress values (${shard}, ${heads[shard] ?? 0}) on conflict (shard) do update set cursor = excluded.cursor`;
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: FLOWS }, (_, index) => flow(index)));
const seconds = (performance.now() - startedAt) / 1_000;
say({ kind: "done", messages: next, seconds } satisfies BareResult);
await heard("end");
