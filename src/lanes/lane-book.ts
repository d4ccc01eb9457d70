/**
 * All lanes of the shards that this worker owns, and what has happened in them since the last commit. No I/O and no timers: it is told
 * what was read, run and committed, and says (in `entries`, `needState`, `needBacklog`, the scheduler and `due`) what follows.
 *
 * Nothing in here survives a crash, and nothing needs to: a successor reads progress, lane records and backlogs from the store.
 */
import { GodwitError, toError } from "../core/index.ts";
import type { AcquiredLease, Shard, StateRecord, StoredMessage, StreamName } from "../store/index.ts";
import { DueQueue } from "./due-queue.ts";
import { countUncommitted, type Entry, effectBytes, type Handled } from "./entries.ts";
import { errorRecordText, type Failure, type FailureVerdict, judgeFailure } from "./failure.ts";
import { IdleLanes } from "./idle-lanes.ts";
import {
  createLane,
  isParked,
  type Lane,
  type LaneRecordBody,
  type LaneState,
  type OwnedShard,
  ownShard,
  refKey,
  refOf,
  sizeOf,
} from "./lane.ts";
import type { LaneLimits } from "./limits.ts";
import { missingTarget } from "./missing-target.ts";
import { isHandled } from "./progress.ts";
import { Run } from "./run.ts";
import { LaneScheduler } from "./scheduler.ts";
import { loadedState } from "./state.ts";
import type { Effects, LaneTarget } from "./target.ts";

export interface LaneBookOptions {
  readonly targets: readonly LaneTarget[];
  readonly limits: LaneLimits;
  readonly wallMs: () => number;
  readonly random: () => number;
}

export class LaneBook {
  readonly shards: Map<Shard, OwnedShard> = new Map();
  readonly scheduler: LaneScheduler;
  /** Retrying lanes by their due time. */
  readonly due: DueQueue<Lane> = new DueQueue();
  /** Lanes whose state, or whose backlog, must be read next. Taken by the loader. */
  needState: Lane[] = [];
  needBacklog: { readonly lane: Lane; readonly reading: number }[] = [];
  memoryMessages: number = 0;
  memoryBytes: number = 0;
  #stateBytes = 0;
  pendingMessages: number = 0;
  pendingBytes: number = 0;
  #entries: Entry[] = [];
  readonly #blocked = new Set<Lane>();
  readonly #idle: IdleLanes;
  readonly #targets: Record<StreamName, Map<string, LaneTarget>> = { in: new Map(), out: new Map() };
  readonly #limits: LaneLimits;
  readonly #wallMs: () => number;
  readonly #random: () => number;

  constructor(options: LaneBookOptions) {
    this.#limits = options.limits;
    this.#wallMs = options.wallMs;
    this.#random = options.random;
    this.scheduler = new LaneScheduler(options.limits.concurrency);
    this.#idle = new IdleLanes(options.limits.idleStateBytes, (lane) => this.#setState(lane, undefined));
    for (const target of options.targets) this.#targets[target.stream].set(target.name, target);
  }

  /** What has not been taken for a commit yet. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** May another message start, as far as uncommitted work is concerned? */
  get hasCommitRoom(): boolean {
    return this.pendingMessages < this.#limits.commitMessages && this.pendingBytes < this.#limits.commitBytes;
  }

  /** May another message be read, as far as memory is concerned? */
  get memoryRoom(): { readonly messages: number; readonly bytes: number } {
    const busyStates = Math.max(0, this.#stateBytes - this.#idle.bytes);
    return {
      messages: this.#limits.memoryMessages - this.memoryMessages,
      bytes: this.#limits.memoryBytes - this.memoryBytes - busyStates,
    };
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
      this.settle(lane);
    }
    return shard;
  }

  /** The shard is lost or given back: all that was speculative in it is void. */
  drop(shard: OwnedShard, reason: Error): void {
    shard.phase = "gone";
    if (this.shards.get(shard.shard) === shard) this.shards.delete(shard.shard);
    for (const lane of lanesOf(shard)) {
      if (lane.run) this.#revoke(lane.run, reason);
      this.#dropQueue(lane);
      this.#idle.remove(lane);
      this.#blocked.delete(lane);
      this.#setState(lane, undefined);
    }
    this.replaceEntries(this.#entries.filter((entry) => entry.shard !== shard));
  }

  /** The lane of this name, made when it is not there. */
  lane(shard: OwnedShard, stream: StreamName, target: string, key: string): Lane {
    const targets = shard.lanes[stream];
    let lanes = targets.get(target);
    if (!lanes) {
      lanes = new Map();
      targets.set(target, lanes);
    }
    let lane = lanes.get(key);
    if (!lane) {
      lane = createLane(shard, stream, this.#target(stream, target), key);
      lanes.set(key, lane);
    }
    return lane;
  }

  // ── What was read ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A message was read from its stream. */
  offer(shard: OwnedShard, message: StoredMessage): void {
    const position = shard.streams[message.stream];
    if (message.seq <= position.readTo) return;
    position.readTo = message.seq;
    if (isHandled(position.progress, message.seq)) return;
    const lane = this.lane(shard, message.stream, message.target, message.key);
    if (lane.record !== null) return this.#divert(lane, message);
    this.#remember(lane, message);
    if (lane.queue.length > this.#limits.laneMessages) this.#spill(lane);
    else if (lane.phase === "idle") this.settle(lane);
  }

  /** The state of a lane in `needState` was read. */
  stateRead(lane: Lane, record: StateRecord | undefined): void {
    if (lane.shard.phase === "gone" || lane.phase !== "loading" || !lane.target.state) return;
    lane.phase = "idle";
    try {
      this.#setState(lane, loadedState(lane.target.state, record));
    } catch (thrown) {
      this.park(lane, "unmigratable", toError(thrown));
    }
    this.settle(lane);
  }

  /** The first messages of the backlog of a lane in `needBacklog` were read; `complete` when that was all of it. */
  backlogRead(lane: Lane, reading: number, messages: readonly StoredMessage[], complete: boolean): void {
    if (lane.shard.phase === "gone" || lane.phase !== "loading" || lane.reading !== reading) return;
    lane.phase = "idle";
    for (const message of messages) this.#remember(lane, message);
    if (!complete) lane.more = true;
    this.settle(lane);
  }

  // ── What was run ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the head message of a lane whose turn it is. */
  begin(lane: Lane, startedMs: number): Run | undefined {
    const message = lane.queue.shift();
    if (!message) return undefined;
    const failed = lane.record?.attempts ?? 0;
    const crashes = this.#crashes(lane, message);
    const run = new Run(lane, message, failed + crashes + 1, startedMs);
    lane.run = run;
    return run;
  }

  /** May a lane that has just handled a message handle its next one within the same turn? */
  takeAgain(lane: Lane): boolean {
    if (lane.phase !== "idle" || lane.target.afterCommit || !this.hasCommitRoom) return false;
    return !isParked(lane.record) && this.scheduler.again(lane);
  }

  /** A suspect that has killed its process as often as its target allows tries. */
  hasCrashedOut(run: Run): boolean {
    return run.attempt > run.lane.target.retry.attempts && this.#crashes(run.lane, run.message) > 0;
  }

  /** The message was handled; `state` when it has changed. */
  handled(run: Run, effects: Effects, state: LaneState | undefined, durationMs: number): void {
    const { lane } = run;
    this.#end(run);
    this.#push({
      kind: "handled",
      shard: lane.shard,
      lane,
      message: run.message,
      fromBacklog: lane.record !== null,
      effects,
      before: run.before,
      state,
      dead: undefined,
      attempt: run.attempt,
      durationMs,
    });
    if (state) this.#setState(lane, state);
    this.pendingMessages += 1;
    this.pendingBytes += effectBytes(effects, state);
    this.#headPassed(lane);
  }

  /** The try failed: the message is tried again later, or is dead. */
  failed(run: Run, failure: Failure, durationMs: number): FailureVerdict {
    const { lane } = run;
    this.#end(run);
    const verdict = judgeFailure(lane.target.retry, run.attempt, failure, this.#random);
    if (verdict.kind === "dead") this.#bury(run, failure.error, durationMs);
    else this.#retry(lane, run.message, verdict, failure.error);
    return verdict;
  }

  // ── What was decided ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The lane stops until a person (or new code) comes. What it was running may still end. */
  park(lane: Lane, status: "halted" | "paused" | "unmigratable", error: Error | null): void {
    const record = {
      status,
      attempts: lane.record?.attempts ?? 0,
      dueAtMs: 0,
      error: error ? errorRecordText(error) : null,
    };
    this.#moveAll(lane, record);
    this.#dropQueue(lane);
    this.#resettle(lane);
  }

  /** A parked lane goes on, where it stood. False when it was not parked. */
  resume(lane: Lane): boolean {
    const { record } = lane;
    if (record === null || !isParked(record)) return false;
    this.#record(lane, {
      status: record.attempts > 0 ? "retrying" : "spilled",
      attempts: record.attempts,
      dueAtMs: 0,
      error: record.error,
    });
    if (record.status === "unmigratable") this.#setState(lane, undefined);
    this.#resettle(lane);
    return true;
  }

  /** A dead letter goes back to its lane, before everything that came after it. */
  restore(lane: Lane, message: StoredMessage): void {
    const parked = isParked(lane.record) ? lane.record : null;
    const record = parked ?? { status: "spilled", attempts: 0, dueAtMs: 0, error: null };
    this.#moveAll(lane, { ...record, attempts: 0 });
    this.#push({
      kind: "moved",
      shard: lane.shard,
      lane,
      messages: [message],
      record: lane.record ?? record,
      news: false,
    });
    this.#dropQueue(lane);
    this.#resettle(lane);
  }

  /** Adds an entry that concerns no lane's queue. */
  note(entry: Extract<Entry, { kind: "fired" | "decided" | "cleared" }>): void {
    this.#push(entry);
  }

  // ── What was committed, or refused ───────────────────────────────────────────────────────────────────────────────────

  /** Hands over everything for a commit. */
  takeEntries(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.pendingMessages = 0;
    this.pendingBytes = 0;
    return entries;
  }

  /** Sets what is to be committed next, after entries were left out. */
  replaceEntries(entries: readonly Entry[]): void {
    this.#entries = [...entries];
    this.pendingMessages = 0;
    this.pendingBytes = 0;
    for (const entry of entries) this.#countPending(entry);
  }

  /** These entries are true now. */
  committed(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.shard.phase === "gone") continue;
      countUncommitted(entry, -1);
      if ("lane" in entry) this.#laneCommitted(entry.lane);
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
    const fromStream = lane.record === null;
    const rest = fromStream ? [...(lane.run ? [lane.run.message] : []), ...lane.queue.list()] : [];
    if (lane.run) this.#revoke(lane.run, error);
    this.#dropQueue(lane);
    this.#setState(lane, entry.before);
    const verdict = judgeFailure(lane.target.retry, entry.attempt, { kind: "thrown", error }, this.#random);
    const dead = verdict.kind === "dead";
    if (dead) this.#pushDead(entry, error, entry.fromBacklog);
    const messages = [...undone.filter(({ seq }) => !dead || seq !== message.seq), ...rest];
    const record = this.#recordAfter(lane, verdict, error);
    lane.record = record;
    this.#push({ kind: "moved", shard: lane.shard, lane, messages, record, news: true });
    this.#resettle(lane);
    return verdict;
  }

  /** Lanes whose retry is due go on. */
  wakeDue(nowMs: number): void {
    for (let lane = this.due.take(nowMs); lane; lane = this.due.take(nowMs)) {
      if (lane.phase === "waiting") this.#resettle(lane);
    }
  }

  /** Finds what a lane that is not running does next. */
  settle(lane: Lane): void {
    if (lane.shard.phase === "gone" || lane.run || lane.phase === "loading" || lane.phase === "ready") return;
    const { record } = lane;
    if (isParked(record)) lane.phase = "parked";
    else if (record && record.dueAtMs > this.#wallMs()) this.#wait(lane, record.dueAtMs);
    else if (lane.target.afterCommit && lane.uncommitted > 0) this.#block(lane);
    else if (lane.queue.length > 0) this.#proceed(lane);
    else if (record) this.#drain(lane);
    else this.#rest(lane);
  }

  /** Whatever the lane was waiting for, it starts anew from its record. */
  #resettle(lane: Lane): void {
    if (lane.run) return;
    lane.phase = "idle";
    this.#blocked.delete(lane);
    this.settle(lane);
  }

  // ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #proceed(lane: Lane): void {
    if (lane.target.state && !lane.state) {
      this.needState.push(lane);
      lane.phase = "loading";
      return;
    }
    if (lane.phase === "idle") this.#idle.remove(lane);
    lane.phase = "ready";
    this.scheduler.ready(lane);
  }

  /** The queue is empty and the lane has a record: read on in its backlog, or be normal again. */
  #drain(lane: Lane): void {
    if (!lane.more) {
      this.#record(lane, null);
      this.#rest(lane);
    } else if (lane.uncommitted > 0) {
      this.#block(lane);
    } else {
      lane.phase = "loading";
      lane.more = false;
      lane.reading += 1;
      this.needBacklog.push({ lane, reading: lane.reading });
    }
  }

  #rest(lane: Lane): void {
    lane.phase = "idle";
    if (lane.uncommitted === 0) this.#idle.add(lane);
  }

  #block(lane: Lane): void {
    lane.phase = "blocked";
    this.#blocked.add(lane);
  }

  #wait(lane: Lane, dueAtMs: number): void {
    lane.phase = "waiting";
    this.due.add(dueAtMs, lane);
  }

  #laneCommitted(lane: Lane): void {
    if (lane.uncommitted > 0) return;
    if (this.#blocked.has(lane)) this.#resettle(lane);
    else if (lane.phase === "idle") this.#idle.add(lane);
  }

  /** After a message that was done with: a retrying lane is over it, and drains. */
  #headPassed(lane: Lane): void {
    const { record } = lane;
    if (!record || (record.attempts === 0 && record.status !== "retrying")) return;
    if (isParked(record)) this.#record(lane, { ...record, attempts: 0 });
    else this.#record(lane, { status: "spilled", attempts: 0, dueAtMs: 0, error: null });
  }

  #retry(lane: Lane, message: StoredMessage, verdict: FailureVerdict, error: Error): void {
    this.#moveAll(lane, this.#recordAfter(lane, verdict, error), message);
    this.#dropQueue(lane);
    this.settle(lane);
  }

  #bury(run: Run, error: Error, durationMs: number): void {
    const { lane } = run;
    this.#pushDead({ ...pick(run), durationMs }, error, lane.record !== null);
    if (lane.target.onDead === "halt" && !isParked(lane.record)) {
      this.#moveAll(lane, { status: "halted", attempts: 0, dueAtMs: 0, error: errorRecordText(error) });
      this.#dropQueue(lane);
    } else this.#headPassed(lane);
  }

  /** The record of a lane whose head has failed. A person's pause stands. */
  #recordAfter(lane: Lane, verdict: FailureVerdict, error: Error): LaneRecordBody {
    const text = errorRecordText(error);
    const attempts = verdict.kind === "retry" ? verdict.attempts : 0;
    if (lane.record && isParked(lane.record)) return { ...lane.record, attempts, error: text };
    if (verdict.kind === "retry") {
      return { status: "retrying", attempts, dueAtMs: this.#wallMs() + verdict.delayMs, error: text };
    }
    const status = lane.target.onDead === "halt" ? "halted" : "spilled";
    return { status, attempts, dueAtMs: 0, error: status === "halted" ? text : null };
  }

  #pushDead(tried: Tried, error: Error, fromBacklog: boolean): void {
    const { lane, message, attempt, before, durationMs } = tried;
    const record = { attempts: attempt, error: errorRecordText(error), diedAtMs: this.#wallMs() };
    this.#push({
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
    this.pendingMessages += 1;
  }

  /** The lane holds more than it may: what comes next waits in its backlog. */
  #spill(lane: Lane): void {
    this.#moveAll(lane, { status: "spilled", attempts: 0, dueAtMs: 0, error: null });
    lane.more = false;
  }

  #divert(lane: Lane, message: StoredMessage): void {
    const record = lane.record as LaneRecordBody;
    this.#push({ kind: "moved", shard: lane.shard, lane, messages: [message], record, news: false });
    lane.more = true;
    this.pendingMessages += 1;
    this.pendingBytes += sizeOf(message);
  }

  /** The lane leaves the stream: all that it has not handled, `failed` and a running message included, joins its backlog. */
  #moveAll(lane: Lane, record: LaneRecordBody, failed?: StoredMessage): void {
    const messages: StoredMessage[] = [];
    if (lane.record === null) {
      if (failed) messages.push(failed);
      if (lane.run) messages.push(lane.run.message);
      messages.push(...lane.queue.list());
    }
    lane.record = record;
    this.#push({ kind: "moved", shard: lane.shard, lane, messages, record, news: true });
    for (const message of messages) this.pendingBytes += sizeOf(message);
  }

  #record(lane: Lane, record: LaneRecordBody | null): void {
    lane.record = record;
    this.#push({ kind: "recorded", shard: lane.shard, lane, record });
  }

  #setState(lane: Lane, state: LaneState | undefined): void {
    this.#stateBytes += (state?.body?.length ?? 0) - (lane.state?.body?.length ?? 0);
    lane.state = state;
  }

  #remember(lane: Lane, message: StoredMessage): void {
    lane.queue.push(message);
    this.memoryMessages += 1;
    this.memoryBytes += sizeOf(message);
  }

  #release(message: StoredMessage): void {
    this.memoryMessages -= 1;
    this.memoryBytes -= sizeOf(message);
  }

  /** Forgets the queue; its messages are in the backlog, or will be read from the stream by somebody else. */
  #dropQueue(lane: Lane): void {
    for (const message of lane.queue.drain()) this.#release(message);
    lane.more = true;
  }

  #end(run: Run): void {
    const { lane } = run;
    lane.run = undefined;
    this.scheduler.ended(lane);
    lane.phase = "idle";
    this.#release(run.message);
    if (lane.shard.suspects.size > 0 && lane.shard.suspects.delete(refKey(run.message))) {
      this.note({ kind: "cleared", shard: lane.shard, ref: refOf(run.message) });
    }
  }

  #revoke(run: Run, reason: Error): void {
    run.revoke(reason);
    run.lane.run = undefined;
    run.lane.phase = "idle";
    this.scheduler.ended(run.lane);
    this.#release(run.message);
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    countUncommitted(entry, 1);
  }

  #countPending(entry: Entry): void {
    if (entry.kind === "handled") {
      this.pendingMessages += 1;
      this.pendingBytes += effectBytes(entry.effects, entry.state);
    } else if (entry.kind === "moved") {
      this.pendingMessages += entry.messages.length;
      for (const message of entry.messages) this.pendingBytes += sizeOf(message);
    }
  }

  #crashes(lane: Lane, message: StoredMessage): number {
    return lane.shard.suspects.size === 0 ? 0 : (lane.shard.suspects.get(refKey(message))?.crashes ?? 0);
  }

  #target(stream: StreamName, name: string): LaneTarget {
    let target = this.#targets[stream].get(name);
    if (!target) {
      target = missingTarget(stream, name);
      this.#targets[stream].set(name, target);
    }
    return target;
  }
}

/** The error under which a lane's work is void because its lease is gone. */
export function leaseLost(shard: Shard): GodwitError {
  return new GodwitError("lease_lost", `the lease of shard ${shard} is gone; another worker goes on with its messages`);
}

/** What a dead letter says of its last try. */
type Tried = Pick<Handled, "lane" | "message" | "attempt" | "before" | "durationMs">;

function pick({ lane, message, attempt, before }: Run): Omit<Tried, "durationMs"> {
  return { lane, message, attempt, before };
}

function* lanesOf(shard: OwnedShard): Generator<Lane> {
  for (const stream of [shard.lanes.in, shard.lanes.out]) {
    for (const lanes of stream.values()) yield* lanes.values();
  }
}
