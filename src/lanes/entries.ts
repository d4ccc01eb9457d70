/** What has happened in the lanes since the last commit, entry by entry. A commit is built from these, and undone by leaving some out. */
import type {
  DeadLetter,
  DeadLetterDecision,
  MessageRef,
  StoredMessage,
  TimerRecord,
  TimerRef,
} from "../store/index.ts";
import { type Lane, type LaneRecordBody, type LaneState, type OwnedShard, timerKey } from "./lane.ts";
import type { Effects } from "./target.ts";

/** A message is done with: its effects stand, or it is a dead letter. */
export interface Handled {
  readonly kind: "handled";
  readonly shard: OwnedShard;
  readonly lane: Lane;
  readonly message: StoredMessage;
  readonly fromBacklog: boolean;
  readonly effects: Effects | undefined;
  /** The lane's state before and (when changed) after. */
  readonly before: LaneState | undefined;
  readonly state: LaneState | undefined;
  readonly dead: DeadLetter | undefined;
  readonly attempt: number;
  readonly durationMs: number;
}

/** Messages go to their lane's backlog, and the lane gets this record. */
export interface Moved {
  readonly kind: "moved";
  readonly shard: OwnedShard;
  readonly lane: Lane;
  readonly messages: readonly StoredMessage[];
  readonly record: LaneRecordBody;
  /** Is the record news, or does a message join a lane that has it already? */
  readonly news: boolean;
}

/** The lane's record changes, nothing else. */
export interface Recorded {
  readonly kind: "recorded";
  readonly shard: OwnedShard;
  readonly lane: Lane;
  readonly record: LaneRecordBody | null;
}

/** A timer fell due: its message is sent into its lane. */
export interface Fired {
  readonly kind: "fired";
  readonly shard: OwnedShard;
  readonly timer: TimerRecord;
}

/** A person decided on a dead letter. */
export interface Decided {
  readonly kind: "decided";
  readonly shard: OwnedShard;
  readonly decision: DeadLetterDecision;
}

/** A message that was running when a process died has been judged. */
export interface Cleared {
  readonly kind: "cleared";
  readonly shard: OwnedShard;
  readonly ref: MessageRef;
}

export type Entry = Handled | Moved | Recorded | Fired | Decided | Cleared;

/** Counts an entry as uncommitted (`by` 1), or no longer so (−1). */
export function countUncommitted(entry: Entry, by: 1 | -1): void {
  const { shard } = entry;
  shard.uncommitted += by;
  if (entry.kind === "fired") shard.firing += by;
  if (!("lane" in entry)) return;
  entry.lane.uncommitted += by;
  if (entry.kind !== "handled" || !entry.effects) return;
  const { timers, timersDone } = entry.effects;
  if (timers) for (const timer of timers) countTimer(shard, timer, by);
  if (timersDone) for (const timer of timersDone) countTimer(shard, timer, by);
}

function countTimer(shard: OwnedShard, timer: TimerRef, by: number): void {
  const key = timerKey(timer);
  const count = (shard.timerOps.get(key) ?? 0) + by;
  if (count > 0) shard.timerOps.set(key, count);
  else shard.timerOps.delete(key);
}

/** Bytes that the entry adds to a commit, roughly. */
export function effectBytes(effects: Effects | undefined, state: LaneState | undefined): number {
  let bytes = 100 + (state?.body?.length ?? 0);
  if (!effects) return bytes;
  if (effects.deliveries) for (const delivery of effects.deliveries) bytes += delivery.body.length + 100;
  if (effects.sends) for (const send of effects.sends) bytes += send.body.length + 100;
  if (effects.history) for (const write of effects.history) bytes += write.payload.length + 100;
  if (effects.broadcasts) for (const broadcast of effects.broadcasts) bytes += broadcast.payload.length + 100;
  return bytes;
}
