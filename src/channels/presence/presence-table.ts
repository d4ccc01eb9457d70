/**
 * Who is present on which topic, over all gateways: a replicated table without a master.
 *
 * Each gateway (replica) writes its own shard alone: entries that begin and end, counted by a version. What others know of a shard is ordered by
 * (incarnation, version), and the newer wins; that makes merging commutative, associative and idempotent, as Phoenix.Tracker's and other
 * delta-CRDTs are (Almeida, Shoker, Baquero, "Delta State Replicated Data Types", 2018), with a single writer for each shard in place of dots.
 * A delta applies only to the very version it continues; after a gap the snapshot is asked for. A replica that died is removed with its
 * incarnation, and late words of that incarnation are void: no zombies. One that was only thought dead comes back with the next incarnation.
 */
import type { PresenceMeta, PresenceState } from "../protocol.ts";
import type { PresenceEntry } from "./presence-entry.ts";
import { TopicIndex } from "./topic-index.ts";

interface ShardVersion {
  readonly replica: string;
  readonly incarnation: number;
}

/** All of a shard. */
export interface PresenceSnapshot extends ShardVersion {
  readonly version: number;
  readonly entries: readonly PresenceEntry[];
}

/** What took a shard from one version to another. */
export interface PresenceDelta extends ShardVersion {
  readonly from: number;
  readonly to: number;
  readonly joins: readonly PresenceEntry[];
  /** Refs. */
  readonly leaves: readonly string[];
}

/** `gap`: versions between are missing; ask the replica for its snapshot. `stale`: known already, or of a removed replica. */
export type MergeOutcome = "applied" | "stale" | "gap";

/** Called for each change of who is present, from here or elsewhere. */
export type PresenceListener = (joined: readonly PresenceEntry[], left: readonly PresenceEntry[]) => void;

interface Shard {
  incarnation: number;
  version: number;
  readonly entries: Map<string, PresenceEntry>;
}

/** Replicas of which it is remembered that they are gone. The oldest are forgotten: by then nobody speaks of them. */
const MAX_REMOVED = 10_000;

export class PresenceTable {
  readonly replica: string;
  readonly #listener: PresenceListener;
  readonly #own: Shard = { incarnation: 1, version: 0, entries: new Map() };
  readonly #others = new Map<string, Shard>();
  readonly #removed = new Map<string, number>();
  readonly #index = new TopicIndex();
  #lastRef = 0;
  #published = 0;
  #joins = new Map<string, PresenceEntry>();
  #leaves = new Set<string>();

  constructor(replica: string, listener: PresenceListener) {
    this.replica = replica;
    this.#listener = listener;
  }

  /** Entries of all replicas. */
  get size(): number {
    return this.#index.size;
  }

  /** Other replicas that are known. */
  get replicas(): readonly string[] {
    return [...this.#others.keys()];
  }

  list(topic: string): PresenceState {
    return this.#index.list(topic);
  }

  /** Begins an entry of this replica, in place of the one at `previousRef`. */
  track(topic: string, key: string, meta: PresenceMeta, previousRef?: string): PresenceEntry {
    const previous = previousRef === undefined ? undefined : this.#own.entries.get(previousRef);
    const ref = `${this.replica}:${(++this.#lastRef).toString(36)}`;
    const refs = previous ? { phx_ref: ref, phx_ref_prev: previous.ref } : { phx_ref: ref };
    const entry: PresenceEntry = { ref, topic, key, meta: { ...meta, ...refs } };
    this.#change([entry], previous ? [previous] : []);
    return entry;
  }

  /** Ends entries of this replica. Unknown ones are passed over. */
  untrack(refs: Iterable<string>): void {
    const left: PresenceEntry[] = [];
    for (const ref of refs) {
      const entry = this.#own.entries.get(ref);
      if (entry) left.push(entry);
    }
    if (left.length > 0) this.#change([], left);
  }

  /** What has changed here since the last call, for the other replicas; null when nothing has. */
  takeDelta(): PresenceDelta | null {
    if (this.#own.version === this.#published) return null;
    const delta = {
      ...this.#identity(),
      from: this.#published,
      to: this.#own.version,
      joins: [...this.#joins.values()],
      leaves: [...this.#leaves],
    };
    this.#published = this.#own.version;
    this.#joins = new Map();
    this.#leaves = new Set();
    return delta;
  }

  /** As `takeDelta`; an empty one when nothing has changed: a sign of life by which others see whether they have missed something. */
  heartbeat(): PresenceDelta {
    const version = this.#own.version;
    return this.takeDelta() ?? { ...this.#identity(), from: version, to: version, joins: [], leaves: [] };
  }

  /** This replica's shard, for one that joins or has missed something. */
  snapshot(): PresenceSnapshot {
    return { ...this.#identity(), version: this.#own.version, entries: [...this.#own.entries.values()] };
  }

  /** Takes over what another replica has said of its own shard. In any order, any number of times. */
  merge(word: PresenceSnapshot | PresenceDelta): MergeOutcome {
    if (word.replica === this.replica) return "stale";
    if (word.incarnation <= (this.#removed.get(word.replica) ?? 0)) return "stale";
    return "entries" in word ? this.#mergeSnapshot(word) : this.#mergeDelta(word);
  }

  /**
   * The replica is dead: all its entries end, here at once. Told of itself, this replica goes on as its next incarnation; then its `snapshot` must
   * be sent to all.
   */
  remove(replica: string, incarnation?: number): void {
    if (replica === this.replica) {
      if ((incarnation ?? this.#own.incarnation) >= this.#own.incarnation) this.#own.incarnation++;
      return;
    }
    const shard = this.#others.get(replica);
    const dead = incarnation ?? shard?.incarnation ?? 1;
    this.#removed.set(replica, Math.max(dead, this.#removed.get(replica) ?? 0));
    const [oldest] = this.#removed.keys();
    if (this.#removed.size > MAX_REMOVED && oldest !== undefined) this.#removed.delete(oldest);
    if (!shard || shard.incarnation > dead) return;
    this.#others.delete(replica);
    this.#apply([], [...shard.entries.values()]);
  }

  #mergeSnapshot(word: PresenceSnapshot): MergeOutcome {
    const shard = this.#shard(word.replica);
    if (!isNewer(word.incarnation, word.version, shard)) return "stale";
    const next = new Map(word.entries.map((entry) => [entry.ref, entry]));
    const left = [...shard.entries.values()].filter(({ ref }) => !next.has(ref));
    const joined = word.entries.filter(({ ref }) => !shard.entries.has(ref));
    shard.incarnation = word.incarnation;
    this.#update(shard, word.version, joined, left);
    return "applied";
  }

  #mergeDelta(word: PresenceDelta): MergeOutcome {
    const known = this.#others.get(word.replica);
    if (known && !isNewer(word.incarnation, word.to, known)) return "stale";
    const shard = known ?? { incarnation: word.incarnation, version: 0, entries: new Map() };
    if (word.incarnation !== shard.incarnation || word.from !== shard.version) return "gap";
    this.#others.set(word.replica, shard);
    const left = word.leaves.flatMap((ref) => shard.entries.get(ref) ?? []);
    this.#update(shard, word.to, word.joins, left);
    return "applied";
  }

  #update(shard: Shard, version: number, joined: readonly PresenceEntry[], left: readonly PresenceEntry[]): void {
    shard.version = version;
    for (const { ref } of left) shard.entries.delete(ref);
    for (const entry of joined) shard.entries.set(entry.ref, entry);
    this.#apply(joined, left);
  }

  /** A change of the own shard. */
  #change(joined: readonly PresenceEntry[], left: readonly PresenceEntry[]): void {
    for (const { ref } of left) if (!this.#joins.delete(ref)) this.#leaves.add(ref);
    for (const entry of joined) this.#joins.set(entry.ref, entry);
    this.#update(this.#own, this.#own.version + 1, joined, left);
  }

  #apply(joined: readonly PresenceEntry[], left: readonly PresenceEntry[]): void {
    for (const entry of left) this.#index.delete(entry);
    for (const entry of joined) this.#index.add(entry);
    if (joined.length + left.length > 0) this.#listener(joined, left);
  }

  #shard(replica: string): Shard {
    const known = this.#others.get(replica);
    if (known) return known;
    const shard: Shard = { incarnation: 0, version: -1, entries: new Map() };
    this.#others.set(replica, shard);
    return shard;
  }

  #identity(): ShardVersion {
    return { replica: this.replica, incarnation: this.#own.incarnation };
  }
}

function isNewer(incarnation: number, version: number, than: Shard): boolean {
  return incarnation > than.incarnation || (incarnation === than.incarnation && version > than.version);
}
