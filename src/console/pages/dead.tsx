/** Messages that were given up: read why, then redrive or discard them. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { DeadLetterRow } from "../../inspect/index.ts";
import { useShortcuts } from "../keyboard.ts";
import type { Live } from "../live.ts";
import { Ago } from "../parts/ago.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorText } from "../parts/error-view.tsx";
import { FilterField } from "../parts/filter-field.tsx";
import { FilterSelect } from "../parts/filter-select.tsx";
import { Filters } from "../parts/filters.tsx";
import { Said } from "../parts/said.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";
import { DeadDetail } from "./dead-detail.tsx";
import { allQuestion, oneQuestion, type Verb } from "./dead-questions.ts";

type Params = Readonly<Record<string, string>>;
type Status = DeadLetterRow["status"];

const STATUSES: readonly Status[] = ["dead", "redriven", "discarded"];
const MOST_ROWS = 200;

export function DeadPage({ live, params }: { readonly live: Live; readonly params: Params }): VNode {
  const { target, key } = params;
  const status = STATUSES.find((each) => each === params.status) ?? "dead";
  const dead = useQuery("dead.list", { target, key, status, limit: MOST_ROWS });
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = [...(dead.data?.rows ?? [])].sort((a, b) => b.diedAtMs - a.diedAtMs);
  const move = (change: Readonly<Record<string, string | undefined>>) =>
    go(hrefOf("dead", { ...params, ...change }), true);
  const ask = (verb: Verb, row: DeadLetterRow) => setQuestion(oneQuestion(verb, row));
  const onKey = (verb: Verb) => {
    const selected = rows.find(({ id }) => id === params.id);
    if (selected?.status === "dead") ask(verb, selected);
  };
  useShortcuts({ r: () => onKey("redrive"), d: () => onKey("discard") });
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Dead letters</h1>
        <Filters
          name="Status"
          choices={STATUSES}
          chosen={status}
          onChoose={(chosen) => move({ status: chosen, id: undefined })}
        />
        <FilterSelect
          label="Sent to"
          all="Any actor or connector"
          choices={[...live.actors, ...live.connectors]}
          value={target}
          onChange={(chosen) => move({ target: chosen, id: undefined })}
        />
        <FilterField label="Key" value={key} onChange={(typed) => move({ key: typed, id: undefined })} />
        {status === "dead" && rows.length > 1 && target && (
          <AllButtons target={target} keyName={key} count={rows.length} onAsk={setQuestion} />
        )}
      </div>
      <Said text={said} />
      {!dead.data && <Waiting problem={dead.problem} />}
      {dead.data && rows.length === 0 && <NoneDead status={status} isFiltered={!!(target || key)} />}
      {rows.length > 0 && (
        <Split
          label="Dead letters"
          rows={rows.map((row) => ({ id: row.id, content: <DeadLine row={row} /> }))}
          selected={params.id}
          onSelect={(id) => move({ id })}
          foot={dead.data?.next && <p class="table-foot soft">{rows.length} are shown. Filter to see the others.</p>}
          detail={params.id && <DeadDetail key={params.id} id={params.id} onAsk={ask} />}
        />
      )}
      <DecideDialog
        question={question}
        onEnd={(text) => {
          setQuestion(undefined);
          if (text) setSaid(text);
          dead.refresh();
        }}
      />
    </div>
  );
}

function NoneDead({ status, isFiltered }: { readonly status: Status; readonly isFiltered: boolean }): VNode {
  if (isFiltered) return <Empty title="No dead letter matches">Change or clear the filter above.</Empty>;
  if (status !== "dead") return <Empty title={`None was ${status}`} />;
  return (
    <Empty title="No dead letters">
      A message that fails on every try is kept here with its error, until somebody redrives or discards it.
    </Empty>
  );
}

function DeadLine({ row }: { readonly row: DeadLetterRow }): VNode {
  return (
    <>
      <span class="row-top">
        <b class="clip">{row.target}</b>
        <code class="clip">{row.key}</code>
        <Ago atMs={row.diedAtMs} />
      </span>
      <span class="row-below clip">
        <ErrorText error={row.error} />
      </span>
    </>
  );
}

interface AllButtonsProps {
  readonly target: string;
  readonly keyName: string | undefined;
  readonly count: number;
  readonly onAsk: (question: Question) => void;
}

function AllButtons({ target, keyName, count, onAsk }: AllButtonsProps): VNode {
  return (
    <div class="actions head-actions">
      <button type="button" class="button" onClick={() => onAsk(allQuestion("redrive", target, keyName, count))}>
        Redrive all {count}…
      </button>
      <button type="button" class="button" onClick={() => onAsk(allQuestion("discard", target, keyName, count))}>
        Discard all {count}…
      </button>
    </div>
  );
}
