/**
 * Whose turn it is. Ready lanes of a target wait in a queue and come round in order; targets come round in order too, so that neither
 * a busy key nor a busy target delays another beyond its turn. A suspect (its message was running when a process died) runs
 * alone: it waits until nothing runs, and nothing starts beside it. No I/O, no clock: the same calls give the same turns.
 */
import { Fifo } from "./fifo.ts";
import { type Lane, refKey } from "./lane.ts";
import type { LaneTarget } from "./target.ts";

interface Slot {
  readonly target: LaneTarget;
  readonly ready: Fifo<Lane>;
  running: number;
  /** Is it in the rotation? */
  listed: boolean;
}

export class LaneScheduler {
  readonly #slots = new Map<LaneTarget, Slot>();
  readonly #rotation = new Fifo<Slot>();
  readonly #suspects = new Fifo<Lane>();
  readonly #concurrency: number;
  #running = 0;
  #alone: Lane | undefined;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  get running(): number {
    return this.#running;
  }

  /** A lane has something to handle. The caller sees to it that a lane is offered once a turn. */
  ready(lane: Lane): void {
    const slot = this.#slot(lane.target);
    slot.ready.push(lane);
    this.#list(slot);
  }

  /** The lane whose turn it is, now counted as running; undefined when none may start. */
  next(): Lane | undefined {
    if (this.#alone || this.#running >= this.#concurrency) return undefined;
    if (this.#suspects.length > 0) return this.#nextSuspect();
    for (let slot = this.#rotation.shift(); slot; slot = this.#rotation.shift()) {
      slot.listed = false;
      const lane = slot.running < slot.target.concurrency ? this.#take(slot) : undefined;
      this.#list(slot);
      if (lane) return lane;
      if (this.#suspects.length > 0) return this.#nextSuspect();
    }
    return undefined;
  }

  /** The lane that has just ended may go on within its turn; it is counted as running when it does. */
  again(lane: Lane): boolean {
    const slot = this.#slot(lane.target);
    if (this.#alone || slot.running >= slot.target.concurrency || lane.shard.phase !== "active") return false;
    if (lane.queue.length === 0 || this.isSuspect(lane)) return false;
    this.#started(slot, lane);
    return true;
  }

  /** The lane that `next` gave has ended its turn. */
  ended(lane: Lane): void {
    const slot = this.#slot(lane.target);
    slot.running -= 1;
    lane.shard.running -= 1;
    this.#running -= 1;
    if (this.#alone === lane) this.#alone = undefined;
    this.#list(slot);
  }

  /** Is this lane's next message to run alone? */
  isSuspect(lane: Lane): boolean {
    if (lane.shard.suspects.size === 0) return false;
    const head = lane.queue.peek();
    return head !== undefined && lane.shard.suspects.has(refKey(head));
  }

  #take(slot: Slot): Lane | undefined {
    for (let lane = slot.ready.shift(); lane; lane = slot.ready.shift()) {
      if (!mayStart(lane)) continue;
      if (!this.isSuspect(lane)) return this.#started(slot, lane);
      this.#suspects.push(lane);
      return undefined;
    }
    return undefined;
  }

  #nextSuspect(): Lane | undefined {
    if (this.#running > 0) return undefined;
    for (let lane = this.#suspects.shift(); lane; lane = this.#suspects.shift()) {
      if (!mayStart(lane)) continue;
      this.#alone = lane;
      return this.#started(this.#slot(lane.target), lane);
    }
    return this.next();
  }

  #started(slot: Slot, lane: Lane): Lane {
    slot.running += 1;
    lane.shard.running += 1;
    this.#running += 1;
    lane.phase = "running";
    return lane;
  }

  #list(slot: Slot): void {
    if (slot.listed || slot.ready.length === 0 || slot.running >= slot.target.concurrency) return;
    slot.listed = true;
    this.#rotation.push(slot);
  }

  #slot(target: LaneTarget): Slot {
    let slot = this.#slots.get(target);
    if (!slot) {
      slot = { target, ready: new Fifo(), running: 0, listed: false };
      this.#slots.set(target, slot);
    }
    return slot;
  }
}

/** A queued lane may have been lost, parked or emptied since. */
function mayStart(lane: Lane): boolean {
  return lane.phase === "ready" && lane.shard.phase === "active" && lane.queue.length > 0;
}
