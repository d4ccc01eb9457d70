import type { Lane } from "./lane.ts";

/** What a lane takes beside its key and state, roughly. */
const LANE_BYTES = 600;

/** Lanes with nothing to do, kept for their states: the least recently used go first when they pass `maxBytes`. */
export class IdleLanes {
  readonly #lanes = new Set<Lane>();
  readonly #maxBytes: number;
  readonly #forgotten: (lane: Lane) => void;
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
    if (this.#lanes.has(lane)) return;
    this.#lanes.add(lane);
    this.#bytes += bytesOf(lane);
    if (this.#bytes > this.#maxBytes) this.#evict();
  }

  /** The lane is busy again, or gone. */
  remove(lane: Lane): void {
    if (this.#lanes.delete(lane)) this.#bytes -= bytesOf(lane);
  }

  #evict(): void {
    for (const lane of this.#lanes) {
      if (this.#bytes <= this.#maxBytes) return;
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
