import { ConfigError } from "../../core/index.ts";
import { newStoreId } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

/** Grows by one with each entry of `UPGRADES`. */
const SCHEMA_VERSION = 2;

/** What `start` runs, in one transaction, on a file whose schema is older; the index is the version it upgrades from. */
const UPGRADES: readonly string[] = [
  `
  create table godwit_identity (store_id text not null);
  create table godwit_segments (segment integer primary key, begun_at integer not null);
  create table godwit_segment_bases (
    segment integer not null, shard integer not null, in_base integer not null, out_base integer not null,
    primary key (segment, shard)) without rowid;
  create table godwit_dedupe_partitions (part integer primary key, begun_at integer not null);
  create table godwit_sources (source text primary key, expected integer not null, heard_at integer not null) without rowid;
  create table godwit_held (
    held_id integer primary key, source text not null, external_seq integer not null, due_at integer not null,
    shard integer not null, target text not null, key text not null, body text not null, meta text,
    accepted_at integer not null, dedupe_source text, external_id text);
  create index godwit_held_by_source on godwit_held (source, external_seq);
  create index godwit_held_by_due on godwit_held (due_at);
  create table godwit_members (member_id text primary key, node text not null, expires_at integer not null) without rowid;
  create table godwit_leases (shard integer primary key, epoch integer not null, owner text);
  create index godwit_leases_by_owner on godwit_leases (owner);
  create table godwit_suspects (
    shard integer not null, stream text not null, seq integer not null, crashes integer not null,
    primary key (shard, stream, seq)) without rowid;
  create table godwit_states (
    target text not null, key text not null, body text not null, version integer not null, updated_at integer not null,
    primary key (target, key)) without rowid;
  create table godwit_lanes (
    shard integer not null, stream text not null, target text not null, key text not null,
    status text not null, attempts integer not null, due_at integer not null, error text,
    primary key (shard, stream, target, key)) without rowid;
  create table godwit_backlog (
    shard integer not null, stream text not null, target text not null, key text not null, seq integer not null,
    body text not null, meta text, accepted_at integer not null,
    primary key (shard, stream, target, key, seq)) without rowid;
  create table godwit_dead_letters (
    shard integer not null, stream text not null, seq integer not null, target text not null, key text not null,
    body text not null, meta text, accepted_at integer not null, attempts integer not null, error text not null,
    died_at integer not null, status text not null, reason text,
    primary key (shard, stream, seq)) without rowid;
  create table godwit_timers (
    target text not null, key text not null, name text not null, shard integer not null, due_at integer not null,
    body text not null, meta text,
    primary key (target, key, name)) without rowid;
  create index godwit_timers_by_due on godwit_timers (due_at, shard);
  create table godwit_topics (topic text primary key, last_seq integer not null) without rowid;
  create table godwit_history (
    topic text not null, seq integer not null, event text not null, payload text not null, at integer not null,
    primary key (topic, seq)) without rowid;
  create table godwit_set_up (statement text primary key, at integer not null) without rowid;
  `,
  `
  create table godwit_errors (
    fingerprint text primary key, title text not null, state text not null, count integer not null,
    first_at integer not null, last_at integer not null, first_version text not null, last_version text not null,
    sample text not null, regressions integer not null) without rowid;
  create index godwit_errors_by_last on godwit_errors (last_at, fingerprint);
  `,
];

/** What was fixed when the file was created. */
export interface Creation {
  readonly shardCount: number;
  readonly storeId: string;
}

/** Creates or upgrades the schema, in the caller's transaction. */
export function upgradeSchema(db: SqliteDatabase, shardCountIfNew: number): Creation {
  db.exec("create table if not exists godwit_meta (name text primary key, value integer not null) without rowid");
  const version = meta(db, "schema_version") ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new ConfigError(
      `${db.path} was written by a newer Godwit (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade Godwit`,
    );
  }
  for (const upgrade of UPGRADES.slice(version)) db.exec(upgrade);
  if (version < SCHEMA_VERSION) setMeta(db, "schema_version", SCHEMA_VERSION);
  if (version === 0) {
    setMeta(db, "shard_count", shardCountIfNew);
    db.statement("insert into godwit_identity values (?)").run(newStoreId());
    for (let shard = 0; shard < shardCountIfNew; shard++) {
      db.statement("insert into godwit_leases (shard, epoch, owner) values (?, 0, null)").run(shard);
    }
  }
  const shardCount = meta(db, "shard_count");
  const identity = db.statement<{ store_id: string }>("select store_id from godwit_identity").get();
  if (shardCount === undefined || !identity)
    throw new ConfigError(`${db.path} is not a whole Godwit database: its shard count or its id is missing`);
  return { shardCount, storeId: identity.store_id };
}

function meta(db: SqliteDatabase, name: string): number | undefined {
  return db.statement<{ value: number }>("select value from godwit_meta where name = ?").get(name)?.value;
}

function setMeta(db: SqliteDatabase, name: string, value: number): void {
  db.statement("insert into godwit_meta values (?, ?) on conflict (name) do update set value = excluded.value").run(
    name,
    value,
  );
}
