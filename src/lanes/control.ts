/**
 * What a person decides travels as a message too: in the `in` stream of the shard it concerns, to the target `godwit:control`, carried out
 * by the lease holder in order. Deciding twice does nothing twice: a dead letter is redriven or discarded only while it is dead, and a lane
 * that is paused (or runs) already stays so.
 */
import { InvalidInputError, MINUTE, SECOND } from "../core/index.ts";
import {
  type AppendRequest,
  type DeadLetter,
  encodeMeta,
  type LaneId,
  type MessageRef,
  type Shard,
  type Store,
  shardOf,
} from "../store/index.ts";
import { refOf } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneRun, LaneTarget, RunOutcome } from "./target.ts";

/** The target of control messages. No actor, job or connector may bear this name. */
export const CONTROL_TARGET = "godwit:control";

export type ControlCommand =
  | { readonly kind: "redrive"; readonly ref: MessageRef; readonly reason: string | null }
  | { readonly kind: "discard"; readonly ref: MessageRef; readonly reason: string }
  | { readonly kind: "pause"; readonly lane: LaneId }
  | { readonly kind: "resume"; readonly lane: LaneId };

/** Sends a dead letter back to its lane, before everything that came after it. It keeps its identity. */
export function redriveRequest(ref: MessageRef, reason: string | null = null): AppendRequest {
  return controlRequest(ref.shard, { kind: "redrive", ref: refOf(ref), reason });
}

/** Gives a dead letter up for good. */
export function discardRequest(ref: MessageRef, reason: string): AppendRequest {
  return controlRequest(ref.shard, { kind: "discard", ref: refOf(ref), reason });
}

/** Stops a lane before its next message. What comes for it waits in its backlog. */
export function pauseRequest(lane: LaneId, shardCount: number): AppendRequest {
  return controlRequest(shardOf(lane.key, shardCount), { kind: "pause", lane });
}

/** Lets a lane that is paused, halted or unmigratable go on. */
export function resumeRequest(lane: LaneId, shardCount: number): AppendRequest {
  return controlRequest(shardOf(lane.key, shardCount), { kind: "resume", lane });
}

function controlRequest(shard: Shard, command: ControlCommand): AppendRequest {
  return {
    shard,
    target: CONTROL_TARGET,
    key: `shard-${shard}`,
    body: JSON.stringify(command),
    meta: encodeMeta({ kind: "control" }),
  };
}

/** Carries control messages out, in the book of the worker that holds the shard. */
export function controlTarget(store: Pick<Store, "deadLetter">, book: () => LaneBook): LaneTarget {
  return {
    stream: "in",
    name: CONTROL_TARGET,
    retry: {
      attempts: 10,
      backoff: { baseMs: SECOND, capMs: MINUTE },
      retryable: (error) => !(error instanceof InvalidInputError),
    },
    onDead: "continue",
    timeoutMs: MINUTE,
    concurrency: 64,
    afterCommit: true,
    run: (run) => carryOut(store, book(), run),
  };
}

async function carryOut(store: Pick<Store, "deadLetter">, book: LaneBook, run: LaneRun): Promise<RunOutcome> {
  const command = JSON.parse(run.message.body) as ControlCommand;
  switch (command.kind) {
    case "redrive":
    case "discard":
      decide(book, run, command, await store.deadLetter(command.ref));
      break;
    case "pause":
    case "resume":
      setPaused(book, run, command);
      break;
    default:
      throw new InvalidInputError("control message", "redrive, discard, pause or resume", command);
  }
  return { kind: "done", effects: {} };
}

function decide(
  book: LaneBook,
  run: LaneRun,
  command: Extract<ControlCommand, { kind: "redrive" | "discard" }>,
  letter: DeadLetter | undefined,
): void {
  const shard = book.shards.get(run.message.shard);
  if (run.void || !shard || letter?.status !== "dead" || letter.shard !== shard.shard) return;
  const status = command.kind === "redrive" ? "redriven" : "discarded";
  book.note({ kind: "decided", shard, decision: { ...refOf(letter), status, reason: command.reason } });
  if (command.kind === "discard") return;
  const { attempts, error, diedAtMs, status: _status, reason, ...message } = letter;
  book.restore(book.lane(shard, letter.stream, letter.target, letter.key), message);
}

function setPaused(
  book: LaneBook,
  run: LaneRun,
  { kind, lane: id }: Extract<ControlCommand, { kind: "pause" | "resume" }>,
): void {
  const shard = book.shards.get(run.message.shard);
  if (!shard) return;
  const lane = book.lane(shard, id.stream, id.target, id.key);
  if (kind === "resume") book.resume(lane);
  else if (lane.record?.status !== "paused" && lane.record?.status !== "halted") book.park(lane, "paused", null);
}
