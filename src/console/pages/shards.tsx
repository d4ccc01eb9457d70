/** Who holds which shard, how far behind it is, and the lanes that do not run normally. */
import type { VNode } from "preact";
import { plural } from "../format.ts";
import type { Live } from "../live.ts";
import { Waiting } from "../parts/empty.tsx";
import { ShardMap } from "../parts/shard-map.tsx";
import { useQuery } from "../use-query.ts";
import { Lanes } from "./lanes.tsx";

/** As many as one answer holds. */
const MOST_SHARDS = 500;

export interface ShardsPageProps {
  readonly live: Live;
  readonly params: Readonly<Record<string, string>>;
}

export function ShardsPage({ live, params }: ShardsPageProps): VNode {
  const shards = useQuery("shards", { limit: MOST_SHARDS });
  const rows = shards.data?.rows;
  const lag = rows?.reduce((sum, { lagIn, lagOut }) => sum + lagIn + lagOut, 0) ?? 0;
  const unowned = rows?.filter(({ owner }) => owner === null).length ?? 0;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Shards &amp; lanes</h1>
        <p class="soft">
          {plural(live.shardCount, "shard")}, {plural(lag, "message")} behind
          {unowned > 0 && <b class="bad">, {unowned} without an owner</b>}
        </p>
      </div>
      {rows ? <ShardMap rows={rows} /> : <Waiting problem={shards.problem} />}
      <Lanes status={params.status} nowMs={live.nowMs} />
    </div>
  );
}
