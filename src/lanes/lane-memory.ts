import type { StoredMessage, StreamName } from "../store/index.ts";
import { IdleLanes } from "./idle-lanes.ts";
import { createLane, type Lane, type LaneState, type OwnedShard, sizeOf } from "./lane.ts";
import type { LaneLimits } from "./limits.ts";
import { missingTarget } from "./missing-target.ts";
import type { LaneTarget } from "./target.ts";

/** The lanes in memory, and what they take of it: queued messages, states of busy lanes, states of idle ones. */
export class LaneMemory {
  readonly #limits: LaneLimits;
  readonly #targets: Record<StreamName, Map<string, LaneTarget>> = { in: new Map(), out: new Map() };
  readonly #idle: IdleLanes;
  #messages = 0;
  #bytes = 0;
  /** Of all lanes, the idle ones included. */
  #stateBytes = 0;

  constructor(targets: readonly LaneTarget[], limits: LaneLimits) {
    this.#limits = limits;
    this.#idle = new IdleLanes(limits.idleStateBytes, (lane) => this.setState(lane, undefined));
    for (const target of targets) this.#targets[target.stream].set(target.name, target);
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
      lane = createLane(shard, stream, this.#target(stream, target), key);
      lanes.set(key, lane);
    }
    return lane;
  }

  remember(lane: Lane, message: StoredMessage): void {
    lane.queue.push(message);
    this.#messages += 1;
    this.#bytes += sizeOf(message);
  }

  /** A message is no longer queued or running. */
  release(message: StoredMessage): void {
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
    for (const message of lane.queue.drain()) this.release(message);
    this.setState(lane, undefined);
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
