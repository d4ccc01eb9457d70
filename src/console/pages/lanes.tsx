/** Lanes that do not run normally: why not, and since how many tries. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { LaneRow } from "../../inspect/index.ts";
import { span, whole } from "../format.ts";
import { Chip } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorText, readErrorText } from "../parts/error-view.tsx";
import { Filters } from "../parts/filters.tsx";
import { resumeQuestion } from "../parts/lane-questions.tsx";
import { LANE_TONES, waitsForPerson } from "../parts/lane-status.ts";
import { Said } from "../parts/said.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

const ALL = "all";
const CHOICES: readonly string[] = [ALL, ...Object.keys(LANE_TONES)];
const MOST_LANES = 200;

export interface LanesProps {
  readonly status: string | undefined;
  readonly nowMs: number;
}

export function Lanes({ status = ALL, nowMs }: LanesProps): VNode {
  const lanes = useQuery("lanes", { status: status === ALL ? undefined : status, limit: MOST_LANES });
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = lanes.data?.rows;
  return (
    <section class="section">
      <div class="section-head">
        <h2>Lanes that do not run normally</h2>
        <Filters
          name="Status"
          choices={CHOICES}
          chosen={status}
          onChoose={(chosen) => go(hrefOf("shards", { status: chosen === ALL ? undefined : chosen }), true)}
        />
      </div>
      <Said text={said} />
      {!rows && <Waiting problem={lanes.problem} />}
      {rows?.length === 0 && (
        <Empty title={status === ALL ? "Every lane runs normally" : `No lane is ${status}`}>
          A lane stands here while it waits to try again, while a person has paused it, or when it cannot go on.
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <div class="panel flush table-scroll">
          <LaneTable rows={rows} nowMs={nowMs} onAsk={setQuestion} />
          {lanes.data?.next && <p class="table-foot soft">{rows.length} are shown. Filter to see the others.</p>}
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
  readonly onAsk: (question: Question) => void;
}

function LaneTable({ rows, nowMs, onAsk }: LaneTableProps): VNode {
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
          <LaneLine key={`${lane.stream}/${lane.target}/${lane.key}`} lane={lane} nowMs={nowMs} onAsk={onAsk} />
        ))}
      </tbody>
    </table>
  );
}

interface LaneLineProps {
  readonly lane: LaneRow;
  readonly nowMs: number;
  readonly onAsk: LaneTableProps["onAsk"];
}

function LaneLine({ lane, nowMs, onAsk }: LaneLineProps): VNode {
  const { stream, target, key, status, waiting, attempts, dueAtMs, error } = lane;
  const nextTry = dueAtMs === null ? "–" : dueAtMs > nowMs ? `in ${span(dueAtMs - nowMs)}` : "now";
  return (
    <tr>
      <td>
        <a class="lane-name" href={hrefOf("keys", stream === "in" ? { target, key } : { find: key })}>
          <span class="soft">{stream === "out" ? `${target}, deliveries` : target}</span>
          <code>{key}</code>
        </a>
      </td>
      <td>
        <Chip tone={LANE_TONES[status]}>{status}</Chip>
      </td>
      <td class="num">{whole(waiting)}</td>
      <td class="num">{whole(attempts)}</td>
      <td class="num">{nextTry}</td>
      <td class="lane-error">
        {error === null ? <span class="soft">–</span> : <ErrorText error={readErrorText(error)} />}
      </td>
      <td class="num">
        {stream === "in" && waitsForPerson(status) && (
          <button
            type="button"
            class="button small"
            onClick={() => onAsk(resumeQuestion({ actor: target, key, waiting }))}
          >
            Resume
          </button>
        )}
      </td>
    </tr>
  );
}
