import type { Shard, TimerRecord, TimerRef } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

export function setTimer(db: SqliteDatabase, shard: Shard, timer: TimerRecord): void {
  const { target, key, name, dueAtMs, body, meta } = timer;
  db.statement("insert or replace into godwit_timers values (?, ?, ?, ?, ?, ?, ?)").run(
    ...[target, key, name, shard, dueAtMs, body, meta],
  );
}

export function removeTimer(db: SqliteDatabase, { target, key, name }: TimerRef): void {
  db.statement("delete from godwit_timers where target = ? and key = ? and name = ?").run(target, key, name);
}

export function dueTimers(
  db: SqliteDatabase,
  shards: readonly Shard[],
  nowMs: number,
  limit: number,
): readonly TimerRecord[] {
  return db
    .statement<TimerRecord>(
      `select shard, target, key, name, due_at as dueAtMs, body, meta from godwit_timers
       where due_at <= ? and shard in (select value from json_each(?))
       order by due_at, shard, target, key, name limit ?`,
    )
    .all(nowMs, JSON.stringify(shards), limit);
}

export function nextTimerAt(db: SqliteDatabase, shards: readonly Shard[]): number | undefined {
  const row = db
    .statement<{ due_at: number }>(
      "select due_at from godwit_timers where shard in (select value from json_each(?)) order by due_at limit 1",
    )
    .get(JSON.stringify(shards));
  return row?.due_at;
}
