import type { HistoryRecord, HistoryWrite, Seq } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

/** Appends broadcasts, in the caller's write transaction. Sequences in the order of `writes`. */
export function appendHistory(db: SqliteDatabase, writes: readonly HistoryWrite[], nowMs: number): readonly Seq[] {
  const last = new Map<string, Seq>();
  const insert = db.statement("insert into godwit_history values (?, ?, ?, ?, ?)");
  const seqs = writes.map(({ topic, event, payload }) => {
    const seq = (last.get(topic) ?? lastSeq(db, topic)) + 1;
    insert.run(topic, seq, event, payload, nowMs);
    last.set(topic, seq);
    return seq;
  });
  const note = db.statement(
    "insert into godwit_topics values (?, ?) on conflict (topic) do update set last_seq = excluded.last_seq",
  );
  for (const [topic, seq] of last) note.run(topic, seq);
  return seqs;
}

export function readHistory(db: SqliteDatabase, topic: string, after: Seq, limit: number): readonly HistoryRecord[] {
  return db
    .statement<HistoryRecord>(
      `select topic, seq, event, payload, at as atMs from godwit_history where topic = ? and seq > ? order by seq limit ?`,
    )
    .all(topic, after, limit);
}

export function historyBounds(db: SqliteDatabase, topic: string): { readonly first: Seq; readonly last: Seq } {
  const last = lastSeq(db, topic);
  const oldest = db
    .statement<{ first: number | null }>("select min(seq) as first from godwit_history where topic = ?")
    .get(topic)?.first;
  return { first: oldest ?? (last === 0 ? 0 : last + 1), last };
}

export function pruneHistory(
  db: SqliteDatabase,
  topic: string,
  keep: { readonly count?: number; readonly sinceMs?: number },
): void {
  if (keep.count !== undefined) {
    db.statement("delete from godwit_history where topic = ? and seq <= ?").run(topic, lastSeq(db, topic) - keep.count);
  }
  if (keep.sinceMs !== undefined) {
    db.statement("delete from godwit_history where topic = ? and at < ?").run(topic, keep.sinceMs);
  }
}

function lastSeq(db: SqliteDatabase, topic: string): Seq {
  return (
    db.statement<{ last_seq: number }>("select last_seq from godwit_topics where topic = ?").get(topic)?.last_seq ?? 0
  );
}
