/**
 * What happens to lanes: each method is something that was read, run, decided or committed, and moves the lanes it concerns on by the rules of
 * `lane.ts`. No I/O and no timers: what is to be committed is said in `gathered`, what is to be read and run next in `flow`.
 *
 * Nothing in here survives a crash, and nothing needs to: a successor reads progress, lane records and backlogs from the store.
 */
import { GodwitError, toError } from "../core/index.ts";
import type { AcquiredLease, Shard, StateRecord, StoredMessage, StreamName } from "../store/index.ts";
import { countUncommitted, type Entry, type Handled } from "./entries.ts";
import { errorRecordText, type Failure, type FailureVerdict, judgeFailure } from "./failure.ts";
import { Gathered } from "./gathered.ts";
import {
  isParked,
  type Lane,
  type LaneRecordBody,
  type LaneState,
  lanesOf,
  type OwnedShard,
  ownShard,
  refKey,
  refOf,
} from "./lane.ts";
import { LaneFlow } from "./lane-flow.ts";
import { LaneMemory } from "./lane-memory.ts";
import { DRAINING, haltedRecord, recordAfter } from "./lane-records.ts";
import type { LaneLimits } from "./limits.ts";
import { isHandled } from "./progress.ts";
import { Run } from "./run.ts";
import { loadedState } from "./state.ts";
import type { Effects, LaneTarget } from "./target.ts";

export interface LaneBookOptions {
  readonly targets: readonly LaneTarget[];
  readonly limits: LaneLimits;
  readonly wallMs: () => number;
  readonly random: () => number;
}

/** What a dead letter says of its last try. */
type Tried = Pick<Handled, "lane" | "message" | "attempt" | "before" | "durationMs">;

export class LaneBook {
  readonly shards: Map<Shard, OwnedShard> = new Map();
  readonly memory: LaneMemory;
  readonly gathered: Gathered;
  readonly flow: LaneFlow;
  readonly #limits: LaneLimits;
  readonly #wallMs: () => number;
  readonly #random: () => number;

  constructor({ targets, limits, wallMs, random }: LaneBookOptions) {
    this.#limits = limits;
    this.#wallMs = wallMs;
    this.#random = random;
    this.memory = new LaneMemory(targets, limits);
    this.gathered = new Gathered(limits);
    this.flow = new LaneFlow(this.memory, this.gathered, limits, wallMs);
  }

  // ── Shards ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A lease has been taken: its lanes that do not run normally go on from their records. */
  adopt(lease: AcquiredLease): OwnedShard {
    const shard = ownShard(lease);
    this.shards.set(shard.shard, shard);
    for (const { stream, target, key, ...record } of lease.lanes) {
      const lane = this.lane(shard, stream, target, key);
      // New code may be able to migrate what the old could not: one try for each new holder.
      lane.record = record.status === "unmigratable" ? { ...record, status: "spilled" } : record;
      lane.more = true;
      this.flow.settle(lane);
    }
    if (lease.lanes.length === 0) this.#clearStale(shard);
    return shard;
  }

  /** A suspect that was handled before its process died, and waits in no backlog, is none any more. */
  #clearStale(shard: OwnedShard): void {
    for (const [key, ref] of shard.suspects) {
      if (!isHandled(shard.streams[ref.stream].progress, ref.seq)) continue;
      shard.suspects.delete(key);
      this.note({ kind: "cleared", shard, ref: refOf(ref) });
    }
  }

  /** The shard is lost or given back: all that was speculative in it is void. */
  drop(shard: OwnedShard, reason: Error): void {
    shard.phase = "gone";
    if (this.shards.get(shard.shard) === shard) this.shards.delete(shard.shard);
    for (const lane of lanesOf(shard)) {
      this.#revoke(lane, reason);
      this.flow.forget(lane);
      this.memory.forget(lane);
    }
    this.gathered.replace(this.gathered.entries.filter((entry) => entry.shard !== shard));
  }

  lane(shard: OwnedShard, stream: StreamName, target: string, key: string): Lane {
    return this.memory.lane(shard, stream, target, key);
  }

  // ── What was read ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A message was read from its stream. */
  offer(shard: OwnedShard, message: StoredMessage): void {
    const position = shard.streams[message.stream];
    if (message.seq <= position.readTo) return;
    position.readTo = message.seq;
    if (isHandled(position.progress, message.seq)) return;
    const lane = this.lane(shard, message.stream, message.target, message.key);
    if (lane.record !== null) return this.#divert(lane, lane.record, message);
    this.memory.remember(lane, message);
    if (lane.queue.length > this.#limits.laneMessages) this.#spill(lane);
    else if (this.memory.isAtShare(lane.load)) this.#shed(lane);
    else if (lane.phase === "idle") this.flow.settle(lane);
  }

  /** The state of a lane in `needState` was read. */
  stateRead(lane: Lane, record: StateRecord | undefined): void {
    if (lane.shard.phase === "gone" || lane.phase !== "loading" || !lane.target.state) return;
    lane.phase = "idle";
    try {
      if (!lane.state) this.memory.setState(lane, loadedState(lane.target.state, record));
    } catch (thrown) {
      this.park(lane, "unmigratable", toError(thrown));
    }
    this.flow.settle(lane);
  }

  /** The first messages of the backlog of a lane in `needBacklog` were read; `complete` when that was all of it. */
  backlogRead(lane: Lane, reading: number, messages: readonly StoredMessage[], complete: boolean): void {
    if (lane.shard.phase === "gone" || lane.phase !== "reading" || lane.reading !== reading) return;
    lane.phase = "idle";
    for (const message of messages) this.memory.remember(lane, message);
    if (!complete) lane.more = true;
    this.flow.settle(lane);
  }

  /**
   * The memory is full and stays so: the target that holds most of it is too slow for what comes. Its lanes wait in their backlogs, so that the
   * other targets' messages can be read. Returns it.
   */
  relieve(): LaneTarget | undefined {
    const load = this.memory.heaviest();
    if (!load) return undefined;
    load.congested = true;
    for (const shard of this.shards.values()) {
      for (const lane of lanesOf(shard)) {
        if (!this.memory.isAtShare(load)) return load.target;
        if (lane.load === load && lane.queue.length > 0) this.#shed(lane);
      }
    }
    return load.target;
  }

  // ── What was run ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the head message of a lane whose turn it is. */
  begin(lane: Lane, startedMs: number): Run | undefined {
    const message = lane.queue.shift();
    if (!message) return undefined;
    const tries = triesOf(lane, message);
    const run = new Run(lane, message, hasCrashedOut(lane, message) ? tries : tries + 1, startedMs);
    lane.run = run;
    return run;
  }

  /** May a lane that has just handled a message handle its next one within the same turn? */
  takeAgain(lane: Lane): boolean {
    if (lane.phase !== "idle" || lane.target.afterCommit || !this.gathered.hasRoom) return false;
    return !isParked(lane.record) && this.flow.scheduler.again(lane);
  }

  /** How often the message has ended its process, when it may not be tried any more on that account; else 0. */
  fatalCrashes({ lane, message }: Run): number {
    return hasCrashedOut(lane, message) ? crashesOf(lane, message) : 0;
  }

  /** The message was handled; `state` when it has changed. The caller settles the lane. */
  handled(run: Run, effects: Effects, state: LaneState | undefined, durationMs: number): void {
    const { lane, message, before, attempt } = run;
    this.#end(run);
    this.gathered.push({
      kind: "handled",
      shard: lane.shard,
      lane,
      message,
      fromBacklog: lane.record !== null,
      effects,
      before,
      state,
      dead: undefined,
      attempt,
      durationMs,
    });
    if (state) this.memory.setState(lane, state);
    this.#headPassed(lane);
  }

  /** The try failed: the message is tried again later, or is dead. The caller settles the lane. */
  failed(run: Run, failure: Failure, durationMs: number): FailureVerdict {
    const { lane, message, before, attempt } = run;
    this.#end(run);
    const verdict = judgeFailure(lane.target.retry, attempt, failure, this.#random);
    if (verdict.kind === "retry") {
      this.#leaveStream(lane, recordAfter(lane, verdict, failure.error, this.#wallMs()), message);
      this.#dropQueue(lane);
      return verdict;
    }
    this.#bury({ lane, message, attempt, before, durationMs }, failure.error, lane.record !== null);
    if (lane.target.onDead === "halt" && !isParked(lane.record)) {
      this.#leaveStream(lane, haltedRecord(failure.error));
      this.#dropQueue(lane);
    } else this.#headPassed(lane);
    return verdict;
  }

  // ── What was decided ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The lane stops until a person (or new code) comes. What it is running may still end. */
  park(lane: Lane, status: "paused" | "unmigratable", error: Error | null): void {
    const attempts = lane.record?.attempts ?? 0;
    this.#leaveStream(lane, { status, attempts, dueAtMs: 0, error: error ? errorRecordText(error) : null });
    this.#dropQueue(lane);
    this.flow.restart(lane);
  }

  /** A parked lane goes on, where it stood. False when it was not parked. */
  resume(lane: Lane): boolean {
    const { record } = lane;
    if (record === null || !isParked(record)) return false;
    this.flow.record(lane, { ...record, status: record.attempts > 0 ? "retrying" : "spilled", dueAtMs: 0 });
    if (record.status === "unmigratable") this.memory.setState(lane, undefined);
    this.flow.restart(lane);
    return true;
  }

  /** A dead letter goes back to its lane, before everything that came after it. */
  restore(lane: Lane, message: StoredMessage): void {
    const record = lane.record && isParked(lane.record) ? { ...lane.record, attempts: 0 } : DRAINING;
    this.#leaveStream(lane, record);
    this.#join(lane, record, message);
    this.#dropQueue(lane);
    this.flow.restart(lane);
  }

  /** Adds an entry that concerns no lane's queue. */
  note(entry: Extract<Entry, { kind: "fired" | "decided" | "cleared" }>): void {
    this.gathered.push(entry);
  }

  // ── What was committed, or refused ───────────────────────────────────────────────────────────────────────────────────

  /** These entries are true now. */
  committed(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.shard.phase === "gone") continue;
      countUncommitted(entry, -1);
      if ("lane" in entry && entry.lane.uncommitted === 0) this.flow.allCommitted(entry.lane);
    }
  }

  /** Entries that are left out of every commit: their lanes no longer wait for them. */
  forgotten(entries: readonly Entry[]): void {
    for (const entry of entries) countUncommitted(entry, -1);
  }

  /**
   * `entry`'s message failed after all (its SQL was refused), so that all its lane did after it is void. What the lane has not handled goes to
   * its backlog, and the lane goes on by the verdict. `undone`: messages of the stream whose entries were taken back, in order.
   */
  rollBack(entry: Handled, undone: readonly StoredMessage[], error: Error): FailureVerdict {
    const { lane, message } = entry;
    const rest = lane.record === null ? unhandled(lane) : [];
    this.#revoke(lane, error);
    this.#dropQueue(lane);
    this.memory.setState(lane, entry.before);
    const verdict = judgeFailure(lane.target.retry, entry.attempt, { kind: "thrown", error }, this.#random);
    const dead = verdict.kind === "dead";
    if (dead) this.#bury(entry, error, entry.fromBacklog);
    const messages = [...undone.filter(({ seq }) => !dead || seq !== message.seq), ...rest];
    this.#setRecord(lane, recordAfter(lane, verdict, error, this.#wallMs()), messages);
    this.flow.restart(lane);
    return verdict;
  }

  // ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** After a message that was done with: a retrying lane is over it, and drains. */
  #headPassed(lane: Lane): void {
    const { record } = lane;
    if (!record || (record.attempts === 0 && record.status !== "retrying")) return;
    this.flow.record(lane, isParked(record) ? { ...record, attempts: 0 } : DRAINING);
  }

  #bury({ lane, message, attempt, before, durationMs }: Tried, error: Error, fromBacklog: boolean): void {
    const record = { attempts: attempt, error: errorRecordText(error), diedAtMs: this.#wallMs() };
    this.gathered.push({
      kind: "handled",
      shard: lane.shard,
      lane,
      message,
      fromBacklog,
      effects: undefined,
      before,
      state: undefined,
      dead: { ...message, ...record, status: "dead", reason: null },
      attempt,
      durationMs,
    });
  }

  /** The lane holds more than it may: what comes next waits in its backlog. */
  #spill(lane: Lane): void {
    this.#leaveStream(lane, DRAINING);
    lane.more = false;
  }

  /** The lane gives its memory back: what it has not begun waits in its backlog. */
  #shed(lane: Lane): void {
    if (lane.record === null) this.#leaveStream(lane, DRAINING);
    this.#dropQueue(lane);
    this.flow.restart(lane);
  }

  #divert(lane: Lane, record: LaneRecordBody, message: StoredMessage): void {
    this.#join(lane, record, message);
    lane.more = true;
  }

  /** A message joins the backlog of a lane that has a record. */
  #join(lane: Lane, record: LaneRecordBody, message: StoredMessage): void {
    this.gathered.push({ kind: "moved", shard: lane.shard, lane, messages: [message], record, news: false });
  }

  /** The lane is no longer fed from its stream: all that it has not handled, `failed` included, joins its backlog with the record. */
  #leaveStream(lane: Lane, record: LaneRecordBody, failed?: StoredMessage): void {
    const messages = lane.record === null ? [...(failed ? [failed] : []), ...unhandled(lane)] : [];
    this.#setRecord(lane, record, messages);
  }

  /** The lane has a record from here on, and is kept in memory for as long. */
  #setRecord(lane: Lane, record: LaneRecordBody, messages: readonly StoredMessage[]): void {
    this.memory.wakes(lane);
    lane.record = record;
    this.gathered.push({ kind: "moved", shard: lane.shard, lane, messages, record, news: true });
  }

  /** Forgets the queue; its messages are in the backlog. */
  #dropQueue(lane: Lane): void {
    for (const message of lane.queue.drain()) this.memory.release(lane, message);
    lane.more = true;
  }

  #end(run: Run): void {
    const { lane, message } = run;
    lane.run = undefined;
    lane.phase = "idle";
    this.flow.scheduler.ended(lane);
    this.memory.release(lane, message);
    if (lane.shard.suspects.size > 0 && lane.shard.suspects.delete(refKey(message))) {
      this.note({ kind: "cleared", shard: lane.shard, ref: refOf(message) });
    }
  }

  #revoke(lane: Lane, reason: Error): void {
    const { run } = lane;
    if (!run) return;
    run.revoke(reason);
    lane.run = undefined;
    lane.phase = "idle";
    this.flow.scheduler.ended(lane);
    this.memory.release(lane, run.message);
  }
}

/** The error under which a lane's work is void because its lease is gone. */
export function leaseLost(shard: Shard): GodwitError {
  return new GodwitError("lease_lost", `the lease of shard ${shard} is gone; another worker goes on with its messages`);
}

/** What the lane has of its stream and has not handled: the running message, then the queue. */
function unhandled(lane: Lane): StoredMessage[] {
  return lane.run ? [lane.run.message, ...lane.queue.list()] : lane.queue.list();
}

/** How often a process has died while it was handling the message. */
function crashesOf(lane: Lane, message: StoredMessage): number {
  return lane.shard.suspects.size === 0 ? 0 : (lane.shard.suspects.get(refKey(message))?.crashes ?? 0);
}

/** Tries so far: those that failed, and those that the process did not survive. */
function triesOf(lane: Lane, message: StoredMessage): number {
  return (lane.record?.attempts ?? 0) + crashesOf(lane, message);
}

/** A suspect that has no try left. */
function hasCrashedOut(lane: Lane, message: StoredMessage): boolean {
  return crashesOf(lane, message) > 0 && triesOf(lane, message) >= lane.target.retry.attempts;
}
