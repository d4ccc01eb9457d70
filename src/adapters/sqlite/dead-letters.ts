import type { DeadLetter, DeadLetterDecision, DeadLetterStatus, Shard, StreamName } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { type MessageRow, toMessage } from "./rows.ts";

export interface DeadLetterRow extends MessageRow {
  readonly stream: StreamName;
  readonly attempts: number;
  readonly error: string;
  readonly died_at: number;
  readonly status: DeadLetterStatus;
  readonly reason: string | null;
}

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { attempts, error, died_at, status, reason } = row;
  return { ...toMessage(row.stream, row), attempts, error, diedAtMs: died_at, status, reason };
}

export function addDeadLetter(db: SqliteDatabase, shard: Shard, letter: DeadLetter): void {
  const { stream, seq, target, key, body, meta, acceptedAtMs, attempts, error, diedAtMs, status, reason } = letter;
  db.statement("insert or replace into godwit_dead_letters values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
    ...[shard, stream, seq, target, key, body, meta, acceptedAtMs],
    ...[attempts, error, diedAtMs, status, reason],
  );
}

export function decideDeadLetter(db: SqliteDatabase, decision: DeadLetterDecision): void {
  const { shard, stream, seq, status, reason } = decision;
  db.statement("update godwit_dead_letters set status = ?, reason = ? where shard = ? and stream = ? and seq = ?").run(
    ...[status, reason, shard, stream, seq],
  );
}
