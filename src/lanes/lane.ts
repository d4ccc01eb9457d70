/**
 * A lane, and the shard it lies in, as the lease holder sees them.
 *
 * Phases of a lane
 * - `idle`: nothing to handle; kept only for its state.
 * - `loading`: its state is being read. `reading`: its backlog is.
 * - `blocked`: its backlog will be read once its last effects are committed.
 * - `ready`: queued for a turn. `running`: a handler has its head message.
 * - `waiting`: retrying, until its due time. `parked`: halted, paused or unmigratable, until a person or new code comes.
 *
 * Invariants
 * - `record === null`: the queue holds messages of the stream, in order, and the backlog is empty.
 * - `record !== null`: every unhandled message of the lane that was read from the stream is in the backlog (or in the same commit that
 *   writes the record); the queue holds the backlog's first messages, and `more` says whether there may be others.
 * - So a successor that reads the record knows: the backlog comes first, the stream after it.
 */
import type {
  AcquiredLease,
  Epoch,
  LaneId,
  LaneRecord,
  MessageRef,
  Progress,
  Seq,
  Shard,
  StoredMessage,
  StreamName,
  Suspect,
  TimerRef,
} from "../store/index.ts";
import { Fifo } from "./fifo.ts";
import type { LaneTarget } from "./target.ts";

export type LanePhase = "idle" | "loading" | "reading" | "blocked" | "ready" | "running" | "waiting" | "parked";
export type LaneRecordBody = Omit<LaneRecord, keyof LaneId>;

/** A state as text, so that each handler gets a copy of its own by parsing it (a tenth of what `structuredClone` costs). */
export interface LaneState {
  /** JSON text; null when there is none yet. */
  readonly body: string | null;
  readonly version: number;
}

/** A try that is under way. */
export interface ActiveRun {
  readonly lane: Lane;
  readonly message: StoredMessage;
  /** Takes its right to commit, for ever. */
  revoke(reason: Error): void;
}

/** What one target holds of the memory. */
export interface TargetLoad {
  readonly target: LaneTarget;
  /** Messages queued or running. */
  messages: number;
  /** It was the one that filled the memory: until it has caught up it gets its share of it and no more. */
  congested: boolean;
}

export interface Lane {
  readonly shard: OwnedShard;
  readonly stream: StreamName;
  readonly target: LaneTarget;
  readonly load: TargetLoad;
  readonly key: string;
  phase: LanePhase;
  queue: Fifo<StoredMessage>;
  record: LaneRecordBody | null;
  more: boolean;
  /** Undefined until it has been read. */
  state: LaneState | undefined;
  run: ActiveRun | undefined;
  /** Number of the latest reading of its backlog; an older one that comes back late is void. */
  reading: number;
  /** Entries of this lane that are not committed yet. */
  uncommitted: number;
  /** Its place among the lanes that rest; undefined while it does not. Kept by `IdleLanes`. */
  rest: Rest | undefined;
}

/** The neighbours of a resting lane: who began to rest before it, and after it. */
export interface Rest {
  before: Lane | undefined;
  after: Lane | undefined;
}

export interface StreamPosition {
  /** As committed. */
  progress: Progress;
  /** Read up to here. */
  readTo: Seq;
  /** There may be more to read. */
  dirty: boolean;
}

export interface OwnedShard {
  readonly shard: Shard;
  readonly epoch: Epoch;
  readonly streams: Readonly<Record<StreamName, StreamPosition>>;
  readonly lanes: Readonly<Record<StreamName, Map<string, Map<string, Lane>>>>;
  /** By `refKey`. */
  readonly suspects: Map<string, Suspect>;
  /** `releasing`: no lane starts any more. `gone`: lost or given back; whatever still points here is void. */
  phase: "active" | "releasing" | "gone";
  running: number;
  uncommitted: number;
  /** Timers that were fired and are not committed yet. */
  firing: number;
  /** Timers that handlers have set or cancelled in what is not committed yet, by `timerKey`, with how often. */
  readonly timerOps: Map<string, number>;
}

export function createLane(shard: OwnedShard, stream: StreamName, load: TargetLoad, key: string): Lane {
  return {
    shard,
    stream,
    target: load.target,
    load,
    key,
    phase: "idle",
    queue: new Fifo(),
    record: null,
    more: false,
    state: undefined,
    run: undefined,
    reading: 0,
    uncommitted: 0,
    rest: undefined,
  };
}

export function ownShard(lease: AcquiredLease): OwnedShard {
  return {
    shard: lease.shard,
    epoch: lease.epoch,
    streams: { in: positionAt(lease.progress.in), out: positionAt(lease.progress.out) },
    lanes: { in: new Map(), out: new Map() },
    suspects: new Map(lease.suspects.map((suspect) => [refKey(suspect), suspect])),
    phase: "active",
    running: 0,
    uncommitted: 0,
    firing: 0,
    timerOps: new Map(),
  };
}

function positionAt(progress: Progress): StreamPosition {
  return { progress, readTo: progress.cursor, dirty: true };
}

/** A timer within its store. */
export function timerKey(ref: TimerRef): string {
  return JSON.stringify([ref.target, ref.key, ref.name]);
}

/** A message within its shard. */
export function refKey(ref: MessageRef): string {
  return `${ref.stream}${ref.seq}`;
}

export function refOf(message: MessageRef): MessageRef {
  return { shard: message.shard, stream: message.stream, seq: message.seq };
}

export function laneId(lane: Lane): LaneId {
  return { stream: lane.stream, target: lane.target.name, key: lane.key };
}

export function isParked(record: LaneRecordBody | null): boolean {
  return record !== null && record.status !== "retrying" && record.status !== "spilled";
}

/** What a message occupies in memory, roughly, in bytes. */
export function sizeOf(message: StoredMessage): number {
  return 120 + message.key.length + message.body.length + (message.meta?.length ?? 0);
}

/** Every lane of the shard that is in memory. */
export function* lanesOf(shard: OwnedShard): Generator<Lane> {
  for (const stream of [shard.lanes.in, shard.lanes.out]) {
    for (const lanes of stream.values()) yield* lanes.values();
  }
}
