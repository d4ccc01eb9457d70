import type { Seq } from "../../store/index.ts";
import type { SequencedBroadcast } from "./sequenced-broadcast.ts";

const MAX_COUNT = 100;
const MAX_LENGTH = 256 * 1024;

/** The newest broadcasts of a topic, an unbroken run, bounded by count and by length: what most resumes need, without asking the store. */
export class RecentBroadcasts {
  readonly capacity: number = MAX_COUNT;
  #run: SequencedBroadcast[] = [];
  #length = 0;

  get size(): number {
    return this.#run.length;
  }

  push(broadcast: SequencedBroadcast): void {
    this.#run.push(broadcast);
    this.#length += broadcast.body.length;
    while (this.#run.length > MAX_COUNT || this.#length > MAX_LENGTH) {
      this.#length -= this.#run.shift()?.body.length ?? 0;
    }
  }

  /** Puts older ones before the run, where they join it unbroken. */
  prepend(older: readonly SequencedBroadcast[]): void {
    const first = this.#run[0]?.seq ?? Number.POSITIVE_INFINITY;
    const newer = this.#run;
    this.#run = [];
    this.#length = 0;
    for (const broadcast of [...older.filter(({ seq }) => seq < first), ...newer]) this.push(broadcast);
  }

  clear(): void {
    this.#run = [];
    this.#length = 0;
  }

  /** All after `after` up to `end`, where the run ends; undefined when the run does not reach back so far. */
  after(after: Seq, end: Seq): readonly SequencedBroadcast[] | undefined {
    if (after >= end) return [];
    const first = this.#run[0]?.seq;
    if (first === undefined || first > after + 1) return undefined;
    return this.#run.slice(after + 1 - first);
  }
}
