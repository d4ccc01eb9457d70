import type { VNode } from "preact";
import type { ErrorDetails, ErrorRow } from "../../inspect/index.ts";
import { plural } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { ClippedJson } from "../parts/clipped-json.tsx";
import { decideBy, type Question } from "../parts/decide.tsx";
import { Waiting } from "../parts/empty.tsx";
import { ErrorView, readErrorText } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icons.tsx";
import { hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type State = ErrorRow["state"];

const TONES: Readonly<Record<State, Tone>> = { open: "bad", resolved: "good", ignored: "plain" };

export interface ErrorDetailProps {
  readonly fingerprint: string;
  readonly onAsk: (question: Question) => void;
}

/** One cause: how it came and went, its stack, and the message that met it. */
export function ErrorDetail({ fingerprint, onAsk }: ErrorDetailProps): VNode {
  const { data, problem } = useQuery("errors.show", { fingerprint });
  if (!data) return <Waiting problem={problem} />;
  const error = readErrorText(data.title);
  return (
    <>
      <div class="detail-head">
        <div>
          <h2>{error.name}</h2>
          <p class="detail-chips">
            <Chip tone={TONES[data.state]}>{data.state}</Chip>
            {data.regressions > 0 && (
              <Chip tone="warn">regression: it came back {plural(data.regressions, "time")}</Chip>
            )}
          </p>
        </div>
        <Actions row={data} onAsk={onAsk} />
      </div>
      <Facts
        of={{
          Seen: plural(data.count, "time"),
          First: <Ago atMs={data.firstAtMs} />,
          Last: <Ago atMs={data.lastAtMs} />,
          Where: data.where,
          Code: <Versions row={data} />,
        }}
      />
      <h3>Newest</h3>
      <ErrorView error={{ ...error, stack: data.stack }} />
      {data.messageId && <CausedBy id={data.messageId} details={data} />}
    </>
  );
}

function Versions({ row: { firstVersion, lastVersion } }: { readonly row: ErrorRow }): VNode {
  if (firstVersion === lastVersion) return <code>{firstVersion}</code>;
  return (
    <>
      <code>{firstVersion}</code> to <code>{lastVersion}</code>
    </>
  );
}

function CausedBy({ id, details }: { readonly id: string; readonly details: ErrorDetails }): VNode {
  return (
    <>
      <h3>The message that caused it</h3>
      <p class="sample-key">
        <a href={hrefOf("keys", { message: id })}>
          <code>{id}</code>
        </a>
        {details.key !== null && <span class="soft"> of {details.key}</span>}
      </p>
      {details.body ? (
        <ClippedJson of={details.body} label="the message" />
      ) : (
        <p class="soft">The log has let it go.</p>
      )}
    </>
  );
}

interface ActionsProps {
  readonly row: ErrorRow;
  readonly onAsk: ErrorDetailProps["onAsk"];
}

function Actions({ row, onAsk }: ActionsProps): VNode {
  if (row.state !== "open") {
    return (
      <button type="button" class="button" onClick={() => onAsk(questionOf(row, "open"))}>
        Reopen
      </button>
    );
  }
  return (
    <div class="actions">
      <button type="button" class="button primary" onClick={() => onAsk(questionOf(row, "resolved"))}>
        <Icon name="check" /> Resolve
      </button>
      <button type="button" class="button" onClick={() => onAsk(questionOf(row, "ignored"))}>
        <Icon name="mute" /> Ignore
      </button>
    </div>
  );
}

const VERBS: Readonly<Record<State, string>> = { resolved: "Resolve", ignored: "Ignore", open: "Reopen" };
const TEXTS: Readonly<Record<State, string>> = {
  resolved: "It leaves the inbox. If it comes back, it is opened again and called a regression.",
  ignored: "It leaves the inbox and stays out of it, however often it comes.",
  open: "It stands in the inbox again.",
};

function questionOf({ fingerprint, title }: ErrorRow, state: State): Question {
  const { name } = readErrorText(title);
  return {
    decide: decideBy(
      "errors.decide",
      { fingerprint, state },
      () => `${name}: ${state === "open" ? "open again" : state}.`,
    ),
    title: `${VERBS[state]} ${name}?`,
    text: TEXTS[state],
    verb: VERBS[state],
    keepsReason: false,
  };
}
