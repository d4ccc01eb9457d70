import { countUncommitted, type Entry, effectBytes } from "./entries.ts";
import { sizeOf } from "./lane.ts";
import type { LaneLimits } from "./limits.ts";

/** What has gathered for the next commit, with its bounds. */
export class Gathered {
  readonly #limits: LaneLimits;
  #entries: Entry[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get messages(): number {
    return this.#messages;
  }

  /** May another message start? */
  get hasRoom(): boolean {
    return this.#messages < this.#limits.commitMessages && this.#bytes < this.#limits.commitBytes;
  }

  push(entry: Entry): void {
    countUncommitted(entry, 1);
    this.#entries.push(entry);
    this.#count(entry);
  }

  /** Hands everything over for a commit. */
  take(): readonly Entry[] {
    const entries = this.#entries;
    this.#reset([]);
    return entries;
  }

  /** Sets what is to be committed next, after entries were left out. */
  replace(entries: readonly Entry[]): void {
    this.#reset([...entries]);
    for (const entry of entries) this.#count(entry);
  }

  #reset(entries: Entry[]): void {
    this.#entries = entries;
    this.#messages = 0;
    this.#bytes = 0;
  }

  #count(entry: Entry): void {
    if (entry.kind === "handled") {
      this.#messages += 1;
      this.#bytes += effectBytes(entry.effects, entry.state);
    } else if (entry.kind === "moved") {
      this.#messages += entry.messages.length;
      for (const message of entry.messages) this.#bytes += sizeOf(message);
    }
  }
}
