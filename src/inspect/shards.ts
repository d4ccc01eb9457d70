/** Shards: who holds each, and how far it lags behind what was accepted. */
import type { ShardStatus } from "../store/index.ts";
import { type Listing, pageOfNamed } from "./listing.ts";
import type { Params } from "./params.ts";
import type { InspectSources } from "./sources.ts";

export interface ShardRow {
  readonly shard: number;
  readonly epoch: number;
  /** The member that holds the lease. */
  readonly owner: string | null;
  /** This node's worker of that name; null when it is another node's, or none at all. */
  readonly worker: string | null;
  /** Messages that the cursor has not passed. */
  readonly lagIn: number;
  readonly lagOut: number;
}

export async function listShards(sources: InspectSources, params: Params): Promise<Listing<ShardRow>> {
  return pageOfNamed(await readShards(sources), ({ shard }) => String(shard).padStart(5, "0"), params);
}

export async function readShards({ store, node }: InspectSources): Promise<readonly ShardRow[]> {
  const workers = new Map(node.workers().map(({ memberId, worker }) => [memberId, worker]));
  return (await store.shards()).map((status) => ({
    shard: status.shard,
    epoch: status.epoch,
    owner: status.owner,
    worker: status.owner === null ? null : (workers.get(status.owner) ?? null),
    ...lagOf(status),
  }));
}

function lagOf({ head, cursor }: ShardStatus): { readonly lagIn: number; readonly lagOut: number } {
  return { lagIn: head.in - cursor.in, lagOut: head.out - cursor.out };
}
