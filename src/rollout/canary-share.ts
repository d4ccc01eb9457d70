/**
 * Who meets the new code during a canary. Stable in three ways: the same key or hint falls on the same side at every node and after every restart;
 * a larger share takes in all of a smaller one; and the choice of a canary has nothing to do with the choice among workers.
 *
 * Keys go by their shard, since a shard is what one worker can hold: the share of the keys is that of the shards, to the nearest one.
 */
import { hash32 } from "../core/index.ts";
import type { Shard } from "../store/index.ts";

const HASH_RANGE = 2 ** 32;

/** The shards of the canary's side: `share` (0 to 1) of them, at least one and not all. */
export function canaryShards(shardCount: number, share: number): readonly Shard[] {
  const count = Math.min(shardCount - 1, Math.max(1, Math.round(shardCount * share)));
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  return shards.sort((a, b) => place(`shard ${a}`) - place(`shard ${b}`) || a - b).slice(0, count);
}

/** Does a socket or a request with this hint meet the new code? */
export function isOnCanary(hint: string, share: number): boolean {
  return place(hint) < share * HASH_RANGE;
}

function place(text: string): number {
  return hash32(`canary\u0000${text}`);
}
