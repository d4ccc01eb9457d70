/** Who holds which shard, how far behind it is, and the lanes that do not run normally. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { LaneRow, ShardRow } from "../../node/index.ts";
import { plural, span, whole } from "../format.ts";
import type { Live } from "../live.ts";
import { Chip, type Tone } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorText } from "../parts/error-view.tsx";
import { resumeQuestion } from "../parts/lane-questions.tsx";
import { Said } from "../parts/said.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type Params = Readonly<Record<string, string>>;

export function ShardsPage({ live, params }: { readonly live: Live; readonly params: Params }): VNode {
  const shards = useQuery("shards", {});
  const rows = shards.data?.rows;
  const lag = rows?.reduce((sum, row) => sum + row.lag, 0) ?? 0;
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

/** Hues for the first owners; there are rarely more at one node, and each is named too. */
const OWNER_HUES = 6;

function ShardMap({ rows }: { readonly rows: readonly ShardRow[] }): VNode {
  const owners = [...new Set(rows.map(({ owner }) => owner))].sort((a, b) => (a ?? "~").localeCompare(b ?? "~"));
  const deepest = Math.max(10, ...rows.map(({ lag }) => lag));
  const hueOf = (owner: string | null) => (owner === null ? "none" : String(owners.indexOf(owner) % OWNER_HUES));
  return (
    <section class="panel" aria-label="Shards">
      <ul class="owners">
        {owners.map((owner) => (
          <li key={owner ?? ""}>
            <i class="hue" data-hue={hueOf(owner)} />
            <b>{owner ?? "nobody"}</b>
            <span class="soft">{rows.filter((row) => row.owner === owner).length}</span>
          </li>
        ))}
        <li class="soft owners-key">The water in a shard is what waits there.</li>
      </ul>
      <ol class="shard-map">
        {rows.map((row) => (
          <li
            key={row.shard}
            data-hue={hueOf(row.owner)}
            title={`Shard ${row.shard}, ${row.owner ?? "nobody's"}, epoch ${row.epoch}, ${whole(row.lag)} behind, ${whole(row.head)} ever`}
          >
            <i class="level" style={{ height: `${levelOf(row.lag, deepest)}%` }} />
            <b>{row.shard}</b>
            <span>{row.lag > 0 ? whole(row.lag) : ""}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** On a logarithm: ten that wait must be seen beside ten thousand. */
function levelOf(lag: number, deepest: number): number {
  return lag === 0 ? 0 : Math.max(8, (Math.log10(lag + 1) / Math.log10(deepest + 1)) * 100);
}

const LANE_TONES: Readonly<Record<LaneRow["status"], Tone>> = {
  retrying: "warn",
  spilled: "busy",
  halted: "bad",
  paused: "plain",
  unmigratable: "bad",
};

function Lanes({ status, nowMs }: { readonly status: string | undefined; readonly nowMs: number }): VNode {
  const lanes = useQuery("lanes", status ? { status } : {});
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = lanes.data?.rows;
  return (
    <section class="section">
      <div class="section-head">
        <h2>Lanes that do not run normally</h2>
        <fieldset class="filters">
          <legend class="visually-hidden">Status</legend>
          {[undefined, ...Object.keys(LANE_TONES)].map((each) => (
            <button
              key={each ?? "all"}
              type="button"
              aria-pressed={each === status}
              onClick={() => go(hrefOf("shards", { status: each }), true)}
            >
              {each ?? "all"}
            </button>
          ))}
        </fieldset>
      </div>
      <Said text={said} />
      {!rows && <Waiting problem={lanes.problem} />}
      {rows?.length === 0 && (
        <Empty title={status ? `No lane is ${status}` : "Every lane runs normally"}>
          A lane stands here while it waits to try again, while a person has paused it, or when it cannot go on.
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <div class="panel flush table-scroll">
          <LaneTable rows={rows} nowMs={nowMs} onResume={(lane) => setQuestion(resumeQuestion(lane))} />
          {lanes.data?.more && <p class="table-foot soft">There are more; filter to see them.</p>}
        </div>
      )}
      <DecideDialog
        question={question}
        onEnd={(text) => {
          setQuestion(undefined);
          setSaid(text);
          lanes.refresh();
        }}
      />
    </section>
  );
}

interface LaneTableProps {
  readonly rows: readonly LaneRow[];
  readonly nowMs: number;
  readonly onResume: (lane: LaneRow) => void;
}

function LaneTable({ rows, nowMs, onResume }: LaneTableProps): VNode {
  return (
    <table class="lanes">
      <thead>
        <tr>
          <th>Lane</th>
          <th>Status</th>
          <th class="num">Waiting</th>
          <th class="num">Tries</th>
          <th class="num">Next try</th>
          <th>Last error</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {rows.map((lane) => (
          <tr key={`${lane.stream}/${lane.target}/${lane.key}`}>
            <td>
              <a class="lane-name" href={hrefOf("keys", { target: lane.target, key: lane.key })}>
                <span class="soft">{lane.target}</span> <code>{lane.key}</code>
              </a>
            </td>
            <td>
              <Chip tone={LANE_TONES[lane.status]}>{lane.status}</Chip>
            </td>
            <td class="num">{whole(lane.waiting)}</td>
            <td class="num">{whole(lane.attempts)}</td>
            <td class="num">
              {lane.dueAtMs > nowMs ? `in ${span(lane.dueAtMs - nowMs)}` : lane.dueAtMs > 0 ? "now" : "–"}
            </td>
            <td class="lane-error">{lane.error ? <ErrorText error={lane.error} /> : <span class="soft">–</span>}</td>
            <td class="num">
              {(lane.status === "paused" || lane.status === "halted" || lane.status === "unmigratable") && (
                <button type="button" class="button small" onClick={() => onResume(lane)}>
                  Resume
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
