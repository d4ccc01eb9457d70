/** Errors as an inbox: each kind once, with how often, since when, and what somebody has decided about it. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ErrorRow, ErrorState } from "../../node/index.ts";
import { short, whole } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorView } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icons.tsx";
import { JsonView } from "../parts/json-view.tsx";
import { Said } from "../parts/said.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type Params = Readonly<Record<string, string>>;
type Verb = "resolve" | "ignore" | "reopen";

const STATES: readonly ErrorState[] = ["open", "resolved", "ignored"];
const TONES: Readonly<Record<ErrorState, Tone>> = { open: "bad", resolved: "good", ignored: "plain" };

export function ErrorsPage({ params }: { readonly params: Params }): VNode {
  const state = STATES.find((each) => each === params.state) ?? "open";
  const errors = useQuery("errors", { state });
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = errors.data?.rows ?? [];
  const selected = rows.find(({ fingerprint }) => fingerprint === params.id);
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Errors</h1>
        <fieldset class="filters">
          <legend class="visually-hidden">State</legend>
          {STATES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === state}
              onClick={() => go(hrefOf("errors", { state: each }), true)}
            >
              {each}
            </button>
          ))}
        </fieldset>
      </div>
      <Said text={said} />
      {!errors.data && <Waiting problem={errors.problem} />}
      {errors.data && rows.length === 0 && (
        <Empty title={state === "open" ? "No open errors" : `None is ${state}`}>
          Errors of handlers, channels and of the node itself are gathered here by their cause.
        </Empty>
      )}
      {rows.length > 0 && (
        <Split
          label="Errors"
          rows={rows.map((row) => ({ id: row.fingerprint, content: <ErrorLine row={row} /> }))}
          selected={params.id}
          onSelect={(id) => go(hrefOf("errors", { state: params.state, id }), true)}
          foot={errors.data?.more && <p class="table-foot soft">The newest {rows.length}.</p>}
          detail={selected && <ErrorDetail row={selected} onAsk={(verb) => setQuestion(questionOf(verb, selected))} />}
        />
      )}
      <DecideDialog
        question={question}
        onEnd={(text) => {
          setQuestion(undefined);
          if (text) setSaid(text);
          errors.refresh();
        }}
      />
    </div>
  );
}

function ErrorLine({ row }: { readonly row: ErrorRow }): VNode {
  return (
    <>
      <span class="row-top">
        <b class="clip error-name">{row.error.name}</b>
        {row.isRegression && <Chip tone="warn">regression</Chip>}
        <span class="row-count" title={`${whole(row.count)} times`}>
          {short(row.count)}×
        </span>
        <Ago atMs={row.lastSeenMs} />
      </span>
      <span class="row-below clip">{row.error.message}</span>
    </>
  );
}

function ErrorDetail({ row, onAsk }: { readonly row: ErrorRow; readonly onAsk: (verb: Verb) => void }): VNode {
  return (
    <>
      <div class="detail-head">
        <div>
          <h2>{row.error.name}</h2>
          <p class="detail-chips">
            <Chip tone={TONES[row.state]}>{row.state}</Chip>
            {row.isRegression && <Chip tone="warn">regression: it was resolved and came back</Chip>}
          </p>
        </div>
        <div class="actions">
          {row.state === "open" ? (
            <>
              <button type="button" class="button primary" onClick={() => onAsk("resolve")}>
                <Icon name="check" /> Resolve
              </button>
              <button type="button" class="button" onClick={() => onAsk("ignore")}>
                <Icon name="mute" /> Ignore
              </button>
            </>
          ) : (
            <button type="button" class="button" onClick={() => onAsk("reopen")}>
              Reopen
            </button>
          )}
        </div>
      </div>
      <Facts
        of={{
          Seen: `${whole(row.count)} times`,
          First: <Ago atMs={row.firstSeenMs} />,
          Last: <Ago atMs={row.lastSeenMs} />,
          Where: row.where,
          Code: <Versions first={row.firstCodeVersion} last={row.lastCodeVersion} />,
        }}
      />
      <h3>Newest</h3>
      <ErrorView error={row.error} />
      {row.sample && <Sample sample={row.sample} />}
    </>
  );
}

function Versions({ first, last }: { readonly first: string | null; readonly last: string | null }): VNode {
  if (first === last) return <code>{first ?? "–"}</code>;
  return (
    <>
      <code>{first ?? "–"}</code> to <code>{last ?? "–"}</code>
    </>
  );
}

function Sample({ sample }: { readonly sample: NonNullable<ErrorRow["sample"]> }): VNode {
  const { id, target, key, body } = sample;
  return (
    <>
      <h3>
        The message that caused it <code>{id}</code>
      </h3>
      <p class="sample-key">
        <span class="soft">{target}</span> <a href={hrefOf("keys", { target, key })}>{key}</a>
      </p>
      {body === null ? <p class="soft">Its body is no longer kept.</p> : <JsonView text={body} label="the message" />}
    </>
  );
}

const NAMES: Readonly<Record<Verb, string>> = { resolve: "Resolve", ignore: "Ignore", reopen: "Reopen" };
const TEXTS: Readonly<Record<Verb, string>> = {
  resolve: "It leaves the inbox. If it comes back, it is opened again and called a regression.",
  ignore: "It leaves the inbox and stays out of it, however often it comes.",
  reopen: "It stands in the inbox again.",
};

function questionOf(verb: Verb, { fingerprint, error }: ErrorRow): Question {
  return {
    decision: { kind: verb, fingerprint },
    title: `${NAMES[verb]} ${error.name}?`,
    text: TEXTS[verb],
    verb: NAMES[verb],
    done: () => `${error.name}: ${verb === "reopen" ? "open again" : `${verb}d`}.`,
  };
}
