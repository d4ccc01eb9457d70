/**
 * What a store keeps, as plain data. Bodies, metas and states are JSON *text*: a store never looks inside.
 *
 * A key's messages all lie in one shard (`shardOf(key)`). A shard has two streams: `in`, the mailboxes of actors and jobs, to
 * which anybody may append; and `out`, the deliveries of connectors, to which only the shard's lease holder appends. A **lane** is
 * one key of one target in one stream: its messages are handled one at a time, in the order of `seq`.
 */

/** Number of a shard, 0 … shardCount − 1. */
export type Shard = number;
/** Position in one stream of one shard: 1, 2, 3 … without holes. A safe integer (below 2^53), though stored as 64 bits. */
export type Seq = number;
/** Fencing number of a lease; grows by one with each takeover of its shard. */
export type Epoch = number;
export type StreamName = "in" | "out";

export interface LaneId {
  readonly stream: StreamName;
  /** The actor's or job's name (`in`), or the connector's (`out`). */
  readonly target: string;
  readonly key: string;
}

/** A message as it is written. */
export interface NewMessage {
  readonly shard: Shard;
  readonly target: string;
  readonly key: string;
  /** JSON text. */
  readonly body: string;
  /** JSON text of `MessageMeta`, or null when there is nothing to say. */
  readonly meta: string | null;
}

/** A message as it is read back. */
export interface StoredMessage extends NewMessage {
  readonly stream: StreamName;
  readonly seq: Seq;
  /** Wall time at which the store took it, ms. */
  readonly acceptedAtMs: number;
}

/** Inclusive range of sequence numbers. */
export type SeqRange = readonly [from: Seq, to: Seq];

/** How far a stream has been handled: all up to `cursor`, and beyond it the (sorted, disjoint) ranges `ahead`. */
export interface Progress {
  readonly cursor: Seq;
  readonly ahead: readonly SeqRange[];
}

/**
 * Why a lane is not running normally. A lane without a record is normal: its messages are handled straight from the stream.
 * With one, its messages wait in the backlog, so that the stream's cursor can pass them.
 * - `retrying`: the head failed and is tried again at `dueAtMs`.
 * - `spilled`: more messages were waiting than a lane may hold in memory; it drains from the backlog.
 * - `halted`: the head died and the actor says `onDead: "halt"`; waits for a person's `resume`.
 * - `paused`: a person paused it.
 * - `unmigratable`: its state could not be migrated to the code's version; waits for new code or a person.
 */
export type LaneStatus = "retrying" | "spilled" | "halted" | "paused" | "unmigratable";

export interface LaneRecord extends LaneId {
  readonly status: LaneStatus;
  /** Failed tries of the head message so far. */
  readonly attempts: number;
  /** When the head may be tried (again), wall ms. 0 for lanes that wait for a person. */
  readonly dueAtMs: number;
  /** JSON text of the last `ErrorRecord`, or null. */
  readonly error: string | null;
}

/** A failure, as kept with lanes and dead letters. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

export type DeadLetterStatus = "dead" | "redriven" | "discarded";

/** A message that was given up: seen, redriven or discarded by a person. Its identity is (shard, stream, seq). */
export interface DeadLetter extends StoredMessage {
  readonly attempts: number;
  /** JSON text of the `ErrorRecord` of the last try. */
  readonly error: string;
  readonly diedAtMs: number;
  readonly status: DeadLetterStatus;
  /** Who or why, when redriven or discarded. */
  readonly reason: string | null;
}

export interface StateRecord {
  readonly target: string;
  readonly key: string;
  /** JSON text. */
  readonly body: string;
  /** The state version of the code that wrote it. */
  readonly version: number;
  readonly updatedAtMs: number;
}

/** A message that will be appended to its lane at `dueAtMs`. At most one per (target, key, name). */
export interface TimerRecord {
  readonly shard: Shard;
  readonly target: string;
  readonly key: string;
  /** Names the timer within its key, for cancelling and replacing it. */
  readonly name: string;
  readonly dueAtMs: number;
  readonly body: string;
  readonly meta: string | null;
}

/** A broadcast of a topic that keeps history. `seq` counts per topic: 1, 2, 3 … without holes. */
export interface HistoryRecord {
  readonly topic: string;
  readonly seq: Seq;
  readonly event: string;
  /** JSON text. */
  readonly payload: string;
  readonly atMs: number;
}

/** A statement of the user's own SQL. `text[i]` and `values[i]` interleave as in a tagged template. */
export interface SqlStatement {
  readonly text: readonly string[];
  readonly values: readonly SqlValue[];
}

export type SqlValue = string | number | bigint | boolean | null | Uint8Array | Date;

/** Who made a commit; kept in the journal, so that a message's way can be told later. */
export interface CommitAuthor {
  readonly memberId: string;
  readonly codeVersion: string;
}
