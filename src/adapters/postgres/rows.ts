import type { LaneRecord, LaneStatus, Progress, SeqRange, StoredMessage, StreamName } from "../../store/index.ts";

/*
 * Rows as our statements return them. 64-bit integers are selected as float8: exact up to 2^53, which is all that a sequence or a time
 * ever reaches, and decoded without a detour over text.
 */

export interface MessageRow {
  readonly shard: number;
  readonly seq: number;
  readonly accepted_at: number;
  readonly target: string;
  readonly key: string;
  readonly body: string;
  readonly meta: string | null;
}

export interface ProgressRow {
  readonly in_cursor: number;
  readonly in_ahead: string;
  readonly out_cursor: number;
  readonly out_ahead: string;
}

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

export const MESSAGE_COLUMNS = "shard, seq::float8, accepted_at::float8, target, key, body, meta";
export const LANE_COLUMNS = "shard, stream, target, key, status, attempts, due_at::float8, error";

export function toMessage(stream: StreamName, row: MessageRow): StoredMessage {
  const { shard, seq, target, key, body, meta, accepted_at } = row;
  return { stream, shard, seq, target, key, body, meta, acceptedAtMs: accepted_at };
}

export function toLane({ stream, target, key, status, attempts, due_at, error }: LaneRow): LaneRecord {
  return { stream, target, key, status, attempts, dueAtMs: due_at, error };
}

export function toProgress(row: ProgressRow): Readonly<Record<StreamName, Progress>> {
  return {
    in: { cursor: row.in_cursor, ahead: JSON.parse(row.in_ahead) as SeqRange[] },
    out: { cursor: row.out_cursor, ahead: JSON.parse(row.out_ahead) as SeqRange[] },
  };
}
