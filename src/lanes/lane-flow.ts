import { BacklogNeeds } from "./backlog-needs.ts";
import { DueQueue } from "./due-queue.ts";
import type { Gathered } from "./gathered.ts";
import { isParked, type Lane, type LaneRecordBody } from "./lane.ts";
import type { LaneMemory } from "./lane-memory.ts";
import type { LaneLimits } from "./limits.ts";
import { LaneScheduler } from "./scheduler.ts";

/** What each lane does next: run, have its state or backlog read, wait for a commit, a time or a person, or rest. */
export class LaneFlow {
  readonly scheduler: LaneScheduler;
  /** Retrying lanes by their due time. */
  readonly due: DueQueue<Lane> = new DueQueue();
  /** Lanes whose state, or whose backlog, must be read next. Taken by the loader. */
  needState: Lane[] = [];
  readonly needBacklog: BacklogNeeds = new BacklogNeeds();
  readonly #blocked = new Set<Lane>();
  readonly #memory: LaneMemory;
  readonly #gathered: Gathered;
  readonly #wallMs: () => number;

  constructor(memory: LaneMemory, gathered: Gathered, limits: LaneLimits, wallMs: () => number) {
    this.scheduler = new LaneScheduler(limits.concurrency);
    this.#memory = memory;
    this.#gathered = gathered;
    this.#wallMs = wallMs;
  }

  /** Finds what a lane does next. One that runs, is queued or is being read for has its way already. */
  settle(lane: Lane): void {
    if (lane.shard.phase === "gone" || lane.run || hasItsWay(lane)) return;
    const { record } = lane;
    if (isParked(record)) lane.phase = "parked";
    else if (record && record.dueAtMs > this.#wallMs()) this.#wait(lane, record.dueAtMs);
    else if (lane.target.afterCommit && lane.uncommitted > 0) this.#block(lane);
    else if (lane.queue.length > 0) this.#proceed(lane);
    else if (record) this.#drain(lane);
    else this.#rest(lane);
  }

  /** Whatever the lane was waiting for, it begins anew from its record. */
  restart(lane: Lane): void {
    if (lane.run) return;
    lane.phase = "idle";
    this.#blocked.delete(lane);
    this.settle(lane);
  }

  /** Lanes whose retry is due go on. */
  wakeDue(nowMs: number): void {
    for (let lane = this.due.take(nowMs); lane; lane = this.due.take(nowMs)) {
      if (lane.phase === "waiting") this.restart(lane);
    }
  }

  /** The lane has nothing uncommitted any more. */
  allCommitted(lane: Lane): void {
    if (this.#blocked.has(lane)) this.restart(lane);
    else if (lane.phase === "idle" && !lane.run) this.#memory.rests(lane);
  }

  /** The lane's shard is gone. */
  forget(lane: Lane): void {
    this.#blocked.delete(lane);
  }

  /** The lane's record changes, and nothing else of it. */
  record(lane: Lane, record: LaneRecordBody | null): void {
    lane.record = record;
    this.#gathered.push({ kind: "recorded", shard: lane.shard, lane, record });
  }

  #proceed(lane: Lane): void {
    if (lane.phase === "idle") this.#memory.wakes(lane);
    if (lane.target.state && !lane.state) {
      this.needState.push(lane);
      lane.phase = "loading";
      return;
    }
    lane.phase = "ready";
    this.scheduler.ready(lane);
  }

  /** The queue is empty and the lane has a record: read on in its backlog, or be normal again. */
  #drain(lane: Lane): void {
    if (!lane.more) {
      this.record(lane, null);
      this.#rest(lane);
    } else if (lane.uncommitted > 0) {
      // What joined or left the backlog is not there to be read before its commit.
      this.#block(lane);
    } else {
      lane.phase = "reading";
      lane.more = false;
      lane.reading += 1;
      this.needBacklog.add({ lane, reading: lane.reading });
    }
  }

  #rest(lane: Lane): void {
    lane.phase = "idle";
    if (lane.uncommitted === 0) this.#memory.rests(lane);
  }

  #block(lane: Lane): void {
    lane.phase = "blocked";
    this.#blocked.add(lane);
  }

  #wait(lane: Lane, dueAtMs: number): void {
    lane.phase = "waiting";
    this.due.add(dueAtMs, lane);
  }
}

/** Queued for a turn, or being read for: what ends that settles the lane. */
function hasItsWay({ phase }: Lane): boolean {
  return phase === "ready" || phase === "loading" || phase === "reading";
}
