/**
 * Which messages a worker is running right now, in a memory-mapped file: 3 ns a write, no system call, and it survives `kill -9` of
 * the process (not a power cut, after which nobody is to blame). The supervisor reads it after a death; the messages found are suspects.
 *
 * Layout: slots of two 64-bit words. Word 0: 0 for free, else `1 + shard * 2 + (stream is out ? 1 : 0)`. Word 1: the sequence.
 * A slot is taken by writing word 1, then word 0, so that a half-written slot reads as free.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import type { MessageRef } from "../../store/index.ts";

const WORDS_PER_SLOT = 2;
const BYTES_PER_WORD = 8;

/** Messages that can be recorded at once; more run unrecorded, and only cost the precision of a post-mortem. */
const SLOTS = 16_384;

export class FlightRecorder {
  readonly #words: Float64Array;
  readonly #free: number[] = [];
  readonly #taken = new Map<number, number>();

  /** Creates or empties the file at `path`. */
  constructor(path: string) {
    const file = openSync(path, "w+", 0o600);
    ftruncateSync(file, SLOTS * WORDS_PER_SLOT * BYTES_PER_WORD);
    closeSync(file);
    const bytes = Bun.mmap(path, { shared: true });
    this.#words = new Float64Array(bytes.buffer, bytes.byteOffset, SLOTS * WORDS_PER_SLOT);
    for (let slot = SLOTS - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  started(ref: MessageRef): void {
    const slot = this.#free.pop();
    if (slot === undefined) return;
    this.#taken.set(identity(ref), slot);
    this.#words[slot * WORDS_PER_SLOT + 1] = ref.seq;
    this.#words[slot * WORDS_PER_SLOT] = laneWord(ref);
  }

  finished(ref: MessageRef): void {
    const slot = this.#taken.get(identity(ref));
    if (slot === undefined) return;
    this.#taken.delete(identity(ref));
    this.#words[slot * WORDS_PER_SLOT] = 0;
    this.#free.push(slot);
  }
}

/** What was running when the recorder's process ended. A file that is missing or torn says nothing. */
export function readFlightRecorder(path: string): readonly MessageRef[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const words = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / BYTES_PER_WORD));
  const running: MessageRef[] = [];
  for (let i = 0; i + 1 < words.length; i += WORDS_PER_SLOT) {
    const lane = words[i] as number;
    if (lane === 0) continue;
    running.push({ shard: (lane - 1) >> 1, stream: (lane - 1) & 1 ? "out" : "in", seq: words[i + 1] as number });
  }
  return running;
}

function laneWord(ref: MessageRef): number {
  return 1 + ref.shard * 2 + (ref.stream === "out" ? 1 : 0);
}

/** Unique below 2^53 for up to 4,096 shards and 2^40 messages a stream. */
function identity(ref: MessageRef): number {
  return ref.seq * 8_192 + laneWord(ref) - 1;
}
