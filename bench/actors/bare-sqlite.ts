/**
 * The least that durable actors on SQLite must do, in one process: append a batch, read it back, handle it, and commit states, replies and
 * progress. No leases, lanes, retries, dedupe or segments: the limit that Godwit is compared with.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { heard, programOptions, say } from "../measure/program.ts";
import type { BareOptions, BareResult } from "./bare.ts";
import { BODY, keyOf, type Message, replyTo } from "./workload.ts";

const SHARDS = 64;

const { place, messages, batch } = programOptions<BareOptions>();
const db = new Database(join(place.folder, "bare.db"), { create: true });
db.run("pragma journal_mode = wal");
db.run("pragma synchronous = full");
db.run("pragma wal_autocheckpoint = 4000");
db.run("create table log (shard int, seq int, key text, body text, primary key (shard, seq)) without rowid");
db.run("create table outbox (shard int, seq int, key text, body text, primary key (shard, seq)) without rowid");
db.run("create table state (key text primary key, body text) without rowid");
db.run("create table progress (shard int primary key, cursor int)");

const append = db.prepare("insert into log values (?, ?, ?, ?)");
const read = db.prepare<unknown, [number, number, number]>(
  "select seq, key, body from log where shard = ? and seq > ? order by seq limit ?",
);
const writeState = db.prepare("insert into state values (?, ?) on conflict (key) do update set body = excluded.body");
const reply = db.prepare("insert into outbox values (?, ?, ?, ?)");
const advance = db.prepare(
  "insert into progress values (?, ?) on conflict (shard) do update set cursor = excluded.cursor",
);

const counts = new Map<string, number>();
const heads = new Array<number>(SHARDS).fill(0);

const appendBatch = db.transaction((shard: number, from: number, first: number) => {
  for (let i = 0; i < batch; i++) append.run(shard, from + i + 1, keyOf(first + i), BODY);
});

const commitBatch = db.transaction((shard: number, rows: readonly (readonly [number, string, string])[]) => {
  const touched = new Set<string>();
  for (const [seq, key, body] of rows) {
    const message = JSON.parse(body) as Message;
    const count = (counts.get(key) ?? 0) + message.n;
    counts.set(key, count);
    touched.add(key);
    reply.run(shard, seq, key, JSON.stringify(replyTo(message, count)));
  }
  for (const key of touched) writeState.run(key, JSON.stringify({ count: counts.get(key) }));
  advance.run(shard, heads[shard] ?? 0);
});

const startedAt = performance.now();
for (let first = 0; first < messages; first += batch) {
  const shard = (first / batch) % SHARDS;
  const from = heads[shard] ?? 0;
  appendBatch(shard, from, first);
  heads[shard] = from + batch;
  commitBatch(shard, read.values(shard, from, batch) as [number, string, string][]);
}
const seconds = (performance.now() - startedAt) / 1_000;
say({ kind: "done", messages, seconds } satisfies BareResult);
await heard("end");
