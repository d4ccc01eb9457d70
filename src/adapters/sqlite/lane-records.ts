import type {
  LaneChange,
  LaneId,
  LaneRecord,
  LaneStatus,
  Shard,
  StoredMessage,
  StreamName,
} from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { type MessageRow, toMessage } from "./rows.ts";

export interface LaneRow {
  readonly shard: number;
  readonly stream: StreamName;
  readonly target: string;
  readonly key: string;
  readonly status: LaneStatus;
  readonly attempts: number;
  readonly due_at: number;
  readonly error: string | null;
}

export function toLane(row: LaneRow): LaneRecord {
  const { stream, target, key, status, attempts, due_at, error } = row;
  return { stream, target, key, status, attempts, dueAtMs: due_at, error };
}

/** Every lane of the shard that is not running normally. */
export function laneRecords(db: SqliteDatabase, shard: Shard): readonly LaneRecord[] {
  return db.statement<LaneRow>("select * from godwit_lanes where shard = ?").all(shard).map(toLane);
}

export function changeLane(db: SqliteDatabase, shard: Shard, { stream, target, key, record }: LaneChange): void {
  if (record) {
    db.statement("insert or replace into godwit_lanes values (?, ?, ?, ?, ?, ?, ?, ?)").run(
      ...[shard, stream, target, key, record.status, record.attempts, record.dueAtMs, record.error],
    );
  } else {
    db.statement("delete from godwit_lanes where shard = ? and stream = ? and target = ? and key = ?").run(
      ...[shard, stream, target, key],
    );
  }
}

export function addToBacklog(db: SqliteDatabase, shard: Shard, message: StoredMessage): void {
  const { stream, target, key, seq, body, meta, acceptedAtMs } = message;
  db.statement("insert or ignore into godwit_backlog values (?, ?, ?, ?, ?, ?, ?, ?)").run(
    ...[shard, stream, target, key, seq, body, meta, acceptedAtMs],
  );
}

export function removeFromBacklog(db: SqliteDatabase, shard: Shard, lane: LaneId, seq: number): void {
  db.statement("delete from godwit_backlog where shard = ? and stream = ? and target = ? and key = ? and seq = ?").run(
    shard,
    lane.stream,
    lane.target,
    lane.key,
    seq,
  );
}

export function readBacklog(
  db: SqliteDatabase,
  shard: Shard,
  lane: LaneId,
  after: number,
  limit: number,
): readonly StoredMessage[] {
  return db
    .statement<MessageRow>(
      `select * from godwit_backlog where shard = ? and stream = ? and target = ? and key = ? and seq > ?
       order by seq limit ?`,
    )
    .all(shard, lane.stream, lane.target, lane.key, after, limit)
    .map((row) => toMessage(lane.stream, row));
}
