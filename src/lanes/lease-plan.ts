import type { Lease, Membership, Shard } from "../store/index.ts";

/** What a member that has just beaten must do to hold its share, and no more. */
export interface LeasePlan {
  /** Shards that the store no longer counts as ours. */
  readonly lost: readonly Shard[];
  /** How many more to take. */
  readonly acquire: number;
  /** Shards to hand back: above the fair share. */
  readonly handBack: readonly Shard[];
  /** Below the least that is fair: others must still hand theirs back, so look again soon. */
  readonly short: boolean;
}

/** Which members share the shards with this one. */
export interface LeaseScope {
  /** Live members that are to get no share: they hand theirs back, or have not begun. Default 0. */
  readonly uncounted?: number;
  /** The only shards that this member may hold; others are handed back. Default: all. */
  readonly shards?: readonly Shard[];
}

/**
 * The fair share of `n` live members is ⌈shardCount / n⌉ at most. `held` is what we think we hold, `releasing` what of it is being
 * handed back already. `only`: the shards that are shared at all; without it, all.
 */
export function planLeases(
  membership: Membership,
  held: readonly Lease[],
  releasing: ReadonlySet<Shard>,
  shardCount: number,
  only?: ReadonlySet<Shard>,
): LeasePlan {
  const members = Math.max(1, membership.liveMembers);
  const count = only?.size ?? shardCount;
  const share = Math.ceil(count / members);
  const known = new Map(membership.held.map((lease) => [lease.shard, lease.epoch]));
  const lost = held.filter((lease) => known.get(lease.shard) !== lease.epoch).map((lease) => lease.shard);
  const keeping = held.filter((lease) => !lost.includes(lease.shard) && !releasing.has(lease.shard));
  const own = only ? keeping.filter((lease) => only.has(lease.shard)) : keeping;
  const foreign = only ? keeping.filter((lease) => !only.has(lease.shard)) : [];
  const excess = Math.max(0, own.length - share);
  return {
    lost,
    acquire: Math.max(0, share - own.length),
    handBack: [...foreign, ...own.slice(own.length - excess)].map((lease) => lease.shard),
    short: own.length < Math.floor(count / members),
  };
}
