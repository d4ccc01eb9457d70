/**
 * Gathers changes of presence for a short while, so that a thousand joins are a few `presence_diff`s and not a thousand times a thousand frames.
 * What begins and ends within the while is never spoken of.
 */
import type { Clock } from "../../core/index.ts";
import type { PresenceState } from "../protocol.ts";
import type { PresenceEntry } from "./presence-entry.ts";
import { toState } from "./topic-index.ts";

export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

interface Changes {
  readonly joins: Map<string, PresenceEntry>;
  readonly leaves: Map<string, PresenceEntry>;
}

export interface PresenceDiffsOptions {
  readonly clock: Clock;
  readonly windowMs: number;
  readonly flush: (topic: string, diff: PresenceDiff) => void;
}

export class PresenceDiffs {
  readonly #options: PresenceDiffsOptions;
  #topics = new Map<string, Changes>();

  constructor(options: PresenceDiffsOptions) {
    this.#options = options;
  }

  note(joined: readonly PresenceEntry[], left: readonly PresenceEntry[]): void {
    if (this.#topics.size === 0) this.#options.clock.after(this.#options.windowMs, () => this.#flush());
    for (const entry of left) {
      const changes = this.#changes(entry.topic);
      if (!changes.joins.delete(entry.ref)) changes.leaves.set(entry.ref, entry);
    }
    for (const entry of joined) this.#changes(entry.topic).joins.set(entry.ref, entry);
  }

  #changes(topic: string): Changes {
    let changes = this.#topics.get(topic);
    if (!changes) {
      changes = { joins: new Map(), leaves: new Map() };
      this.#topics.set(topic, changes);
    }
    return changes;
  }

  #flush(): void {
    const topics = this.#topics;
    this.#topics = new Map();
    for (const [topic, { joins, leaves }] of topics) {
      if (joins.size + leaves.size === 0) continue;
      this.#options.flush(topic, { joins: byKey(joins), leaves: byKey(leaves) });
    }
  }
}

function byKey(entries: ReadonlyMap<string, PresenceEntry>): PresenceState {
  return toState([...Map.groupBy(entries.values(), ({ key }) => key)].map(([key, of]) => [key, of.map((e) => e.meta)]));
}
