/** Messages that were given up: read why, then redrive or discard them. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { DeadFilter, DeadRow } from "../../node/index.ts";
import { plural, span, whole } from "../format.ts";
import { useShortcuts } from "../keyboard.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorText, ErrorView } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { FilterField } from "../parts/filter-field.tsx";
import { Icon } from "../parts/icons.tsx";
import { JsonView } from "../parts/json-view.tsx";
import { Said } from "../parts/said.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type Params = Readonly<Record<string, string>>;
type Verb = "redrive" | "discard";

const STATUSES: readonly DeadRow["status"][] = ["dead", "redriven", "discarded"];
const TONES: Readonly<Record<DeadRow["status"], Tone>> = { dead: "bad", redriven: "good", discarded: "plain" };

export function DeadPage({ params }: { readonly params: Params }): VNode {
  const filter = filterOf(params);
  const dead = useQuery("dead", filter);
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = dead.data?.rows ?? [];
  const selected = rows.find(({ id }) => id === params.id);
  const move = (change: Readonly<Record<string, string | undefined>>) =>
    go(hrefOf("dead", { ...params, ...change }), true);
  const ask = (verb: Verb, row: DeadRow) => setQuestion(oneQuestion(verb, row));
  useShortcuts({
    r: () => selected?.status === "dead" && ask("redrive", selected),
    d: () => selected?.status === "dead" && ask("discard", selected),
  });
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Dead letters</h1>
        <fieldset class="filters">
          <legend class="visually-hidden">Status</legend>
          {STATUSES.map((status) => (
            <button
              key={status}
              type="button"
              aria-pressed={status === filter.status}
              onClick={() => move({ status, id: undefined })}
            >
              {status}
            </button>
          ))}
        </fieldset>
        <FilterField label="Actor or connector" value={params.target} onChange={(target) => move({ target })} />
        <FilterField label="Key" value={params.key} onChange={(key) => move({ key })} />
        {filter.status === "dead" && rows.length > 1 && (
          <AllButtons filter={filter} count={dead.data?.more ? undefined : rows.length} onAsk={setQuestion} />
        )}
      </div>
      <Said text={said} />
      {!dead.data && <Waiting problem={dead.problem} />}
      {dead.data && rows.length === 0 && <NoneDead filter={filter} />}
      {rows.length > 0 && (
        <Split
          label="Dead letters"
          rows={rows.map((row) => ({ id: row.id, content: <DeadLine row={row} /> }))}
          selected={params.id}
          onSelect={(id) => move({ id })}
          foot={dead.data?.more && <p class="table-foot soft">The newest {rows.length}. Filter to see others.</p>}
          detail={selected ? <DeadDetail row={selected} onAsk={ask} /> : undefined}
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

function filterOf({ target, key, status }: Params): DeadFilter & { readonly status: DeadRow["status"] } {
  return {
    status: STATUSES.find((each) => each === status) ?? "dead",
    ...(target && { target }),
    ...(key && { key }),
  };
}

function NoneDead({ filter }: { readonly filter: DeadFilter }): VNode {
  if (filter.target || filter.key)
    return <Empty title="No dead letter matches">Change or clear the filter above.</Empty>;
  if (filter.status !== "dead") return <Empty title={`None was ${filter.status}`} />;
  return (
    <Empty title="No dead letters">
      A message that fails on every try is kept here with its error, until somebody redrives or discards it.
    </Empty>
  );
}

function DeadLine({ row }: { readonly row: DeadRow }): VNode {
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

function DeadDetail({
  row,
  onAsk,
}: {
  readonly row: DeadRow;
  readonly onAsk: (verb: Verb, row: DeadRow) => void;
}): VNode {
  return (
    <>
      <div class="detail-head">
        <div>
          <h2 class="mono">{row.id}</h2>
          <p>
            <span class="soft">{row.target}</span>{" "}
            <a href={hrefOf("keys", { target: row.target, key: row.key })}>{row.key}</a>
          </p>
        </div>
        {row.status === "dead" ? (
          <div class="actions">
            <button type="button" class="button primary" onClick={() => onAsk("redrive", row)}>
              <Icon name="redrive" /> Redrive
            </button>
            <button type="button" class="button" onClick={() => onAsk("discard", row)}>
              <Icon name="discard" /> Discard
            </button>
          </div>
        ) : (
          <Chip tone={TONES[row.status]}>{row.status}</Chip>
        )}
      </div>
      <Facts
        of={{
          Died: <Ago atMs={row.diedAtMs} />,
          Tries: whole(row.attempts),
          "Tried for": span(row.diedAtMs - row.acceptedAtMs),
          Shard: row.shard,
          Reason: row.reason || undefined,
        }}
      />
      <h3>Error</h3>
      <ErrorView error={row.error} />
      <h3>Message</h3>
      <JsonView text={row.body} label="the message" />
    </>
  );
}

interface AllButtonsProps {
  readonly filter: DeadFilter;
  /** Undefined: more than are shown. */
  readonly count: number | undefined;
  readonly onAsk: (question: Question) => void;
}

function AllButtons({ filter, count, onAsk }: AllButtonsProps): VNode {
  const all = count === undefined ? "all that match" : `all ${count}`;
  return (
    <div class="actions head-actions">
      <button type="button" class="button" onClick={() => onAsk(allQuestion("redrive", filter, all))}>
        Redrive {all}…
      </button>
      <button type="button" class="button" onClick={() => onAsk(allQuestion("discard", filter, all))}>
        Discard {all}…
      </button>
    </div>
  );
}

const TEXTS: Readonly<Record<Verb, string>> = {
  redrive: "handled again from its first try, after what waits for its key now",
  discard: "never handled; it stays readable under “discarded”",
};
const PAST: Readonly<Record<Verb, string>> = { redrive: "Redrove", discard: "Discarded" };
const NAMES: Readonly<Record<Verb, string>> = { redrive: "Redrive", discard: "Discard" };

function oneQuestion(verb: Verb, { id, target, key }: DeadRow): Question {
  return {
    decision: { kind: verb, ids: [id] },
    title: `${NAMES[verb]} ${id}?`,
    text: `The message to ${target} ${key} is ${TEXTS[verb]}.`,
    verb: NAMES[verb],
    isDestructive: verb === "discard",
    done: () => `${PAST[verb]} ${id}.`,
  };
}

function allQuestion(verb: Verb, { target, key }: DeadFilter, all: string): Question {
  const of = [target && `of ${target}`, key && `with the key ${key}`].filter(Boolean).join(" ");
  return {
    decision: { kind: `${verb}-all`, filter: { ...(target && { target }), ...(key && { key }) } },
    title: `${NAMES[verb]} ${all}?`,
    text: `Every dead letter ${of || "of this node’s store"} is ${TEXTS[verb]}.`,
    verb: `${NAMES[verb]} ${all}`,
    isDestructive: verb === "discard",
    done: ({ count }) => `${PAST[verb]} ${plural(count, "message")}.`,
  };
}
