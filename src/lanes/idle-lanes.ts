import type { Lane } from "./lane.ts";

/** What a lane takes beside its key and state, roughly. */
const LANE_BYTES = 600;

/**
 * Lanes with nothing to do, kept for their states: the least recently used go first when they pass `maxBytes`. A list that runs through the
 * lanes themselves: each message takes its lane out and puts it back, and in a `Set` that cost 3 µs in rehashing.
 */
export class IdleLanes {
  readonly #maxBytes: number;
  readonly #forgotten: (lane: Lane) => void;
  #first: Lane | undefined;
  #last: Lane | undefined;
  #bytes = 0;

  constructor(maxBytes: number, forgotten: (lane: Lane) => void) {
    this.#maxBytes = maxBytes;
    this.#forgotten = forgotten;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The lane is idle. Those that must make room are forgotten, also by their shard. */
  add(lane: Lane): void {
    if (lane.rest) return;
    lane.rest = { before: this.#last, after: undefined };
    if (this.#last?.rest) this.#last.rest.after = lane;
    else this.#first = lane;
    this.#last = lane;
    this.#bytes += bytesOf(lane);
    this.#evict();
  }

  /** The lane is busy again, or gone. */
  remove(lane: Lane): void {
    if (!lane.rest) return;
    const { before, after } = lane.rest;
    lane.rest = undefined;
    if (before?.rest) before.rest.after = after;
    else this.#first = after;
    if (after?.rest) after.rest.before = before;
    else this.#last = before;
    this.#bytes -= bytesOf(lane);
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes && this.#first) {
      const lane = this.#first;
      this.remove(lane);
      lane.shard.lanes[lane.stream].get(lane.target.name)?.delete(lane.key);
      this.#forgotten(lane);
    }
  }
}

/** Constant while the lane is idle. */
function bytesOf(lane: Lane): number {
  return LANE_BYTES + lane.key.length + (lane.state?.body?.length ?? 0);
}
