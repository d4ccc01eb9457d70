import type { VNode } from "preact";
import type { ShardRow } from "../../inspect/index.ts";
import { short, whole } from "../format.ts";

/** Hues for the first owners; there are rarely more, and each is named too. */
const OWNER_HUES = 6;

/** Every shard as a small tank: its rim says whose it is, the water in it what waits. */
export function ShardMap({ rows }: { readonly rows: readonly ShardRow[] }): VNode {
  const owners = [...new Set(rows.map(ownerOf))].sort();
  const deepest = Math.max(10, ...rows.map(lagOf));
  const hueOf = (owner: string) => (owner === NOBODY ? "none" : String(owners.indexOf(owner) % OWNER_HUES));
  return (
    <section class="panel" aria-label="Shards">
      <ul class="owners">
        {owners.map((owner) => (
          <li key={owner}>
            <i class="hue" data-hue={hueOf(owner)} />
            <b>{owner}</b>
            <span class="soft">{rows.filter((row) => ownerOf(row) === owner).length}</span>
          </li>
        ))}
        <li class="soft owners-key">The water in a shard is what waits there.</li>
      </ul>
      <ol class="shard-map">
        {rows.map((row) => (
          <Shard key={row.shard} row={row} hue={hueOf(ownerOf(row))} deepest={deepest} />
        ))}
      </ol>
    </section>
  );
}

const NOBODY = "nobody";

/** A worker of this node by its short name, one of another by its whole one. */
function ownerOf({ worker, owner }: ShardRow): string {
  return worker ?? owner ?? NOBODY;
}

function lagOf({ lagIn, lagOut }: ShardRow): number {
  return lagIn + lagOut;
}

interface ShardProps {
  readonly row: ShardRow;
  readonly hue: string;
  readonly deepest: number;
}

function Shard({ row, hue, deepest }: ShardProps): VNode {
  const lag = lagOf(row);
  const title = `Shard ${row.shard} of ${ownerOf(row)}, epoch ${row.epoch}: ${whole(row.lagIn)} messages and ${whole(row.lagOut)} deliveries behind`;
  return (
    <li data-hue={hue} title={title}>
      {lag > 0 && <i class="level" style={{ height: `${levelOf(lag, deepest)}%` }} />}
      <b>{row.shard}</b>
      <span>{lag > 0 ? short(lag) : ""}</span>
    </li>
  );
}

/** On a logarithm: ten that wait must be seen beside ten thousand. */
function levelOf(lag: number, deepest: number): number {
  return Math.max(8, (Math.log10(lag + 1) / Math.log10(deepest + 1)) * 100);
}
