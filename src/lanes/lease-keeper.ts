/**
 * Holds this worker's leases: beats every third of their time, takes and hands back shards until it has its share, and notices losses.
 *
 * A lease is `fresh` while the store has confirmed it within its time to live. When beats fail for longer (the store is away, or this
 * process was stopped), handlers stop starting: another worker may hold the shards by now, and would refuse our commits.
 * Nothing survives a crash but the leases themselves, which expire or are evicted.
 */
import { type Clock, type Events, type Timer, toError } from "../core/index.ts";
import type { AcquiredLease, Lease, Member, Shard, Store } from "../store/index.ts";
import type { OwnedShard } from "./lane.ts";
import { type LaneBook, leaseLost } from "./lane-book.ts";
import { type LeaseScope, planLeases } from "./lease-plan.ts";
import type { LaneLimits } from "./limits.ts";

const BEATS_PER_TTL = 3;
/** After a failed beat, and for a few beats while short of shards that others must hand back first. */
const SOON_PER_TTL = 20;
const SOON_BEATS = 20;

export interface LeaseKeeperOptions {
  readonly store: Pick<Store, "heartbeat" | "acquire" | "release" | "evict" | "shardCount">;
  readonly member: Member;
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: LaneLimits;
  /** A beat was confirmed; `acquired` are the shards that came with it. */
  readonly onBeat: (acquired: readonly OwnedShard[]) => void;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #liveMembers = 0;
  #soonBeats = 0;
  #scope: LeaseScope = {};
  #only: ReadonlySet<Shard> | undefined;
  #leaving = false;
  /** Leases that were given up without the store knowing: to be given back at the next beat. */
  #abandoned: Lease[] = [];

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** May we count on our leases? */
  get isFresh(): boolean {
    return this.#options.clock.monotonicMs() - this.#confirmedMs < this.#options.limits.leaseTtlMs;
  }

  /** Joins, and takes what is free of our share. @throws what the store throws. */
  async start(): Promise<void> {
    const soon = await this.#beat();
    this.#arm(this.#options.limits.leaseTtlMs / (soon ? SOON_PER_TTL : BEATS_PER_TTL));
  }

  /** Looks at once whether shares have changed: a member is known to have joined or left, or shards to be free. */
  async beat(): Promise<void> {
    if (this.#stopped) return;
    await this.#beating; // It may have looked too early.
    this.#timer?.cancel();
    await this.#tick();
  }

  /** With whom the shards are shared from now on. */
  share(scope: LeaseScope): void {
    this.#scope = scope;
    this.#only = scope.shards && new Set(scope.shards);
  }

  /** Takes no shard any more, and hands each back as soon as it is at rest, while leases go on being renewed. */
  async leave(): Promise<void> {
    this.#leaving = true;
    for (const shard of this.#options.book.shards.keys()) this.#ask(shard);
    await this.releaseRested();
  }

  /** A shard that was dropped although the store may still count it as ours. */
  abandon(shard: OwnedShard): void {
    this.#abandoned.push({ shard: shard.shard, epoch: shard.epoch });
  }

  /** Gives back shards that have come to rest after they were asked to. */
  async releaseRested(): Promise<void> {
    const rested = [...this.#options.book.shards.values()].filter(
      (shard) => shard.phase === "releasing" && shard.running === 0 && shard.uncommitted === 0,
    );
    if (rested.length > 0) await this.#release(rested);
  }

  /** Stops beating and leaves: every lease is free at once, or expires when the store is away. Safe twice. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#beating;
    const { book, events, member, store } = this.#options;
    const shards = [...book.shards.values()];
    for (const shard of shards) book.drop(shard, leaseLost(shard.shard));
    try {
      await store.evict(member.memberId, []);
      this.#emitReleased(shards);
    } catch (thrown) {
      events.emit("error.caught", { stage: "lanes: giving leases back", error: toError(thrown) });
    }
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { events, limits } = this.#options;
    if (this.#beating) return this.#beating;
    let delayMs = limits.leaseTtlMs / SOON_PER_TTL;
    this.#beating = this.#beat()
      .then((short) => {
        if (!short) delayMs = limits.leaseTtlMs / BEATS_PER_TTL;
      })
      .catch((thrown) => events.emit("error.caught", { stage: "lanes: lease heartbeat", error: toError(thrown) }))
      .finally(() => {
        this.#beating = undefined;
        this.#arm(delayMs);
      });
    await this.#beating;
  }

  /** Returns whether to look again soon: others must hand shards back before we have our share. */
  async #beat(): Promise<boolean> {
    const { book, clock, limits, member, store } = this.#options;
    const startedMs = clock.monotonicMs();
    const membership = await store.heartbeat(member, limits.leaseTtlMs);
    this.#confirmedMs = startedMs;
    await this.#giveBackAbandoned();
    const owned = [...book.shards.values()];
    const releasing = new Set(owned.filter((shard) => shard.phase === "releasing").map((shard) => shard.shard));
    const liveMembers = membership.liveMembers - (this.#scope.uncounted ?? 0);
    const plan = planLeases({ ...membership, liveMembers }, owned, releasing, store.shardCount, this.#only);
    this.#lose(plan.lost);
    for (const shard of plan.handBack) this.#ask(shard);
    await this.releaseRested();
    const takes = plan.acquire > 0 && !this.#leaving && !this.#stopped;
    const leases = takes ? await store.acquire(member.memberId, plan.acquire, this.#scope.shards) : [];
    if (this.#stopped) return false;
    this.#adopt(leases);
    return this.#looksSoon(membership.liveMembers, plan.short && leases.length < plan.acquire);
  }

  /** Others hand back what they hold too much of soon after members have changed, or not at all. */
  #looksSoon(liveMembers: number, short: boolean): boolean {
    if (liveMembers !== this.#liveMembers) this.#soonBeats = SOON_BEATS;
    this.#liveMembers = liveMembers;
    return short && this.#soonBeats-- > 0;
  }

  #adopt(leases: readonly AcquiredLease[]): void {
    const { book, events, member, onBeat } = this.#options;
    onBeat(leases.map((lease) => book.adopt(lease)));
    if (leases.length === 0) return;
    events.emit("lease.acquired", { member: member.memberId, shards: leases.map((lease) => lease.shard) });
  }

  #lose(lost: readonly Shard[]): void {
    const { book, events, member } = this.#options;
    if (lost.length === 0) return;
    for (const number of lost) {
      const shard = book.shards.get(number);
      if (shard) book.drop(shard, leaseLost(number));
    }
    events.emit("lease.lost", { member: member.memberId, shards: lost });
  }

  #ask(number: Shard): void {
    const shard = this.#options.book.shards.get(number);
    if (shard) shard.phase = "releasing";
  }

  async #release(shards: readonly OwnedShard[]): Promise<void> {
    const { book, member, store } = this.#options;
    for (const shard of shards) book.drop(shard, leaseLost(shard.shard));
    await store.release(
      member.memberId,
      shards.map(({ shard, epoch }) => ({ shard, epoch })),
    );
    this.#emitReleased(shards);
  }

  async #giveBackAbandoned(): Promise<void> {
    if (this.#abandoned.length === 0) return;
    const leases = this.#abandoned;
    this.#abandoned = [];
    await this.#options.store.release(this.#options.member.memberId, leases);
  }

  #emitReleased(shards: readonly OwnedShard[]): void {
    const { events, member } = this.#options;
    if (shards.length === 0) return;
    events.emit("lease.released", { member: member.memberId, shards: shards.map((shard) => shard.shard) });
  }
}
