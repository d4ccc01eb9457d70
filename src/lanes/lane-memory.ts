import type { StoredMessage, StreamName } from "../store/index.ts";
import { IdleLanes } from "./idle-lanes.ts";
import { createLane, type Lane, type LaneState, type OwnedShard, sizeOf, type TargetLoad } from "./lane.ts";
import type { LaneLimits } from "./limits.ts";
import { missingTarget } from "./missing-target.ts";
import type { LaneTarget } from "./target.ts";

/** A congested target's share of the memory: one in so many. */
const CONGESTED_SHARE = 8;

/** The lanes in memory, and what they take of it: queued messages, states of busy lanes, states of idle ones. */
export class LaneMemory {
  readonly #limits: LaneLimits;
  readonly #loads: Record<StreamName, Map<string, TargetLoad>> = { in: new Map(), out: new Map() };
  readonly #idle: IdleLanes;
  #messages = 0;
  #bytes = 0;
  /** Of all lanes, the idle ones included. */
  #stateBytes = 0;

  constructor(targets: readonly LaneTarget[], limits: LaneLimits) {
    this.#limits = limits;
    this.#idle = new IdleLanes(limits.idleStateBytes, (lane) => this.setState(lane, undefined));
    for (const target of targets) this.#add(target);
  }

  /** Messages that were read and are not handled yet. */
  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What may be read still. */
  get room(): { readonly messages: number; readonly bytes: number } {
    const busyStates = Math.max(0, this.#stateBytes - this.#idle.bytes);
    return {
      messages: this.#limits.memoryMessages - this.#messages,
      bytes: this.#limits.memoryBytes - this.#bytes - busyStates,
    };
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
      lane = createLane(shard, stream, this.#load(stream, target), key);
      lanes.set(key, lane);
    }
    return lane;
  }

  remember(lane: Lane, message: StoredMessage): void {
    lane.queue.push(message);
    lane.load.messages += 1;
    this.#messages += 1;
    this.#bytes += sizeOf(message);
  }

  /** A message is no longer queued or running. */
  release(lane: Lane, message: StoredMessage): void {
    lane.load.messages -= 1;
    this.#messages -= 1;
    this.#bytes -= sizeOf(message);
  }

  setState(lane: Lane, state: LaneState | undefined): void {
    this.#stateBytes += (state?.body?.length ?? 0) - (lane.state?.body?.length ?? 0);
    lane.state = state;
  }

  /** The lane has nothing to do and nothing uncommitted: it is kept as long as there is room. */
  rests(lane: Lane): void {
    this.#idle.add(lane);
  }

  /** The lane has something to do again. */
  wakes(lane: Lane): void {
    this.#idle.remove(lane);
  }

  /** The lane's shard is gone. */
  forget(lane: Lane): void {
    this.#idle.remove(lane);
    for (const message of lane.queue.drain()) this.release(lane, message);
    this.setState(lane, undefined);
  }

  /** The target that holds most. */
  heaviest(): TargetLoad | undefined {
    let heaviest: TargetLoad | undefined;
    for (const loads of [this.#loads.in, this.#loads.out]) {
      for (const load of loads.values()) if (load.messages > (heaviest?.messages ?? 0)) heaviest = load;
    }
    return heaviest;
  }

  /** A congested target that has its share. It is congested no longer when it has worked most of that off. */
  isAtShare(load: TargetLoad): boolean {
    if (!load.congested) return false;
    const share = this.#limits.memoryMessages / CONGESTED_SHARE;
    if (load.messages < share / 2) load.congested = false;
    return load.messages >= share;
  }

  #load(stream: StreamName, name: string): TargetLoad {
    return this.#loads[stream].get(name) ?? this.#add(missingTarget(stream, name));
  }

  #add(target: LaneTarget): TargetLoad {
    const load = { target, messages: 0, congested: false };
    this.#loads[target.stream].set(target.name, load);
    return load;
  }
}
