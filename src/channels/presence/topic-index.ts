import type { PresenceMeta, PresenceState } from "../protocol.ts";
import type { PresenceEntry } from "./presence-entry.ts";

/** The entries of all replicas by topic and key. */
export class TopicIndex {
  readonly #topics = new Map<string, Map<string, Map<string, PresenceMeta>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add({ topic, key, ref, meta }: PresenceEntry): void {
    const keys = this.#topics.get(topic) ?? new Map<string, Map<string, PresenceMeta>>();
    const metas = keys.get(key) ?? new Map<string, PresenceMeta>();
    if (!metas.has(ref)) this.#size++;
    metas.set(ref, meta);
    keys.set(key, metas);
    this.#topics.set(topic, keys);
  }

  delete({ topic, key, ref }: PresenceEntry): void {
    const keys = this.#topics.get(topic);
    const metas = keys?.get(key);
    if (!keys || !metas?.delete(ref)) return;
    this.#size--;
    if (metas.size === 0) keys.delete(key);
    if (keys.size === 0) this.#topics.delete(topic);
  }

  list(topic: string): PresenceState {
    return toState([...(this.#topics.get(topic) ?? [])].map(([key, metas]) => [key, [...metas.values()]]));
  }
}

/** Metas by key as the client's Presence class takes them, on an object without a prototype. */
export function toState(metasByKey: Iterable<readonly [string, readonly PresenceMeta[]]>): PresenceState {
  const state: Record<string, { metas: readonly PresenceMeta[] }> = Object.create(null);
  for (const [key, metas] of metasByKey) state[key] = { metas };
  return state;
}
