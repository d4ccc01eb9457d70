/**
 * The tables. What grows with the messages is insert-only and lives in numbered generations that are dropped whole:
 *
 * | generation | tables | a row is |
 * |---|---|---|
 * | segment N | `in_N`, `out_N`, `journal_N` | a message; a commit of one shard |
 * | dedupe part N | `dedupe_N` | a (source, external id) pair that was taken |
 * | state part N | `state_log_N` | a key's new state |
 *
 * `states` holds what was folded out of the state parts; a key's newest state is in the newest part that has the key, else there.
 * No row is updated for a message: a pinned `xmin` (a forgotten transaction, a long dump) leaves nothing dead on the hot path.
 * Text that is compared or sorted has the collation "C": bytewise, the same on every server.
 */
export function tables(schema: string): string {
  const s = schema;
  return `
create table ${s}.meta (name text primary key, value bigint not null);
create table ${s}.identity (store_id text not null);
create sequence ${s}.commit_number;
create table ${s}.segments (segment int primary key, begun_at bigint not null);
create table ${s}.segment_bases (
  segment int not null, shard int not null, in_base bigint not null, out_base bigint not null, primary key (shard, segment));
create table ${s}.dedupe_parts (part int primary key, begun_at bigint not null);
create table ${s}.state_parts (part int primary key, begun_at bigint not null);
create table ${s}.states (
  target text collate "C" not null, key text collate "C" not null, body text not null, version int not null,
  updated_at bigint not null, primary key (target, key)) with (fillfactor = 70);

create table ${s}.sources (source text collate "C" primary key, expected bigint, heard_at bigint);
create table ${s}.held (
  held_id bigint generated always as identity primary key, source text collate "C" not null, external_seq bigint not null,
  due_at bigint not null, shard int not null, target text not null, key text not null, body text not null, meta text,
  accepted_at bigint not null, dedupe_id uuid);
create index on ${s}.held (source, external_seq);
create index on ${s}.held (due_at);

create table ${s}.members (member_id text primary key, node text not null, expires_at timestamptz not null)
  with (fillfactor = 50);
create table ${s}.leases (shard int primary key, epoch bigint not null, owner text) with (fillfactor = 50);
create table ${s}.suspects (
  shard int not null, stream text not null, seq bigint not null, crashes int not null, primary key (shard, stream, seq));

create table ${s}.lanes (
  shard int not null, stream text collate "C" not null, target text collate "C" not null, key text collate "C" not null,
  status text not null, attempts int not null, due_at bigint not null, error text, primary key (shard, stream, target, key));
create table ${s}.backlog (
  shard int not null, stream text collate "C" not null, target text collate "C" not null, key text collate "C" not null,
  seq bigint not null, body text not null, meta text, accepted_at bigint not null,
  primary key (shard, stream, target, key, seq));
create table ${s}.dead_letters (
  shard int not null, stream text collate "C" not null, seq bigint not null, target text not null, key text not null,
  body text not null, meta text, accepted_at bigint not null, attempts int not null, error text not null,
  died_at bigint not null, status text not null, reason text, primary key (shard, stream, seq));
create table ${s}.timers (
  target text collate "C" not null, key text collate "C" not null, name text collate "C" not null, shard int not null,
  due_at bigint not null, body text not null, meta text, primary key (target, key, name));
create index on ${s}.timers (shard, due_at);

create table ${s}.history (
  topic text collate "C" not null, seq bigint not null, event text not null, payload text not null, at bigint not null,
  primary key (topic, seq));
create table ${s}.history_pruned (topic text collate "C" primary key, through bigint not null);
create table ${s}.set_up (statement_hash text primary key, statement text not null, at timestamptz not null default now());
`;
}

export function segmentTables(schema: string, segment: number): string {
  const stream = (name: string): string => `
create table ${schema}.${name}_${segment} (
  shard int not null, seq bigint not null, accepted_at bigint not null, target text not null, key text not null,
  body text not null, meta text, primary key (shard, seq));`;
  return `${stream("in")}${stream("out")}
create table ${schema}.journal_${segment} (
  shard int not null, entry bigint not null, epoch bigint not null, at bigint not null, in_cursor bigint not null,
  out_cursor bigint not null, in_ahead text not null, out_ahead text not null, member_id text not null,
  code_version text not null, commit_id text, outcome jsonb, primary key (shard, entry));`;
}

export function dedupeTable(schema: string, part: number): string {
  return `create table ${schema}.dedupe_${part} (id uuid primary key, shard int not null, seq bigint);`;
}

export function stateLogTable(schema: string, part: number): string {
  return `create table ${schema}.state_log_${part} (
  entry bigint not null, updated_at bigint not null, version int not null, target text collate "C" not null,
  key text collate "C" not null, body text, primary key (key, target, entry));`;
}
