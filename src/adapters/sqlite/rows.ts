import type { NewMessage, Progress, Seq, SeqRange, StoredMessage, StreamName } from "../../store/index.ts";

/** A message's columns, as they stand in segments, backlog and held messages. */
export interface MessageRow {
  readonly shard: number;
  readonly seq: number;
  readonly target: string;
  readonly key: string;
  readonly body: string;
  readonly meta: string | null;
  readonly accepted_at: number;
}

export function toMessage(stream: StreamName, row: MessageRow): StoredMessage {
  const { shard, seq, target, key, body, meta, accepted_at } = row;
  return { stream, shard, seq, target, key, body, meta, acceptedAtMs: accepted_at };
}

export function stored(message: NewMessage, stream: StreamName, seq: Seq, acceptedAtMs: number): StoredMessage {
  const { shard, target, key, body, meta } = message;
  return { stream, shard, seq, target, key, body, meta, acceptedAtMs };
}

export function toProgress(cursor: number, ahead: string): Progress {
  return { cursor, ahead: ahead === "[]" ? [] : (JSON.parse(ahead) as SeqRange[]) };
}

/** Has the message at `seq` been handled? */
export function covers(progress: Progress, seq: Seq): boolean {
  return seq <= progress.cursor || progress.ahead.some(([from, to]) => from <= seq && seq <= to);
}
