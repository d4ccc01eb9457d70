/** Errors as an inbox: each cause once, with how often, since when, and what somebody has decided about it. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ErrorRow } from "../../inspect/index.ts";
import { short, whole } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { readErrorText } from "../parts/error-view.tsx";
import { Filters } from "../parts/filters.tsx";
import { Said } from "../parts/said.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";
import { ErrorDetail } from "./error-detail.tsx";

const STATES: readonly ErrorRow["state"][] = ["open", "resolved", "ignored"];
const MOST_ERRORS = 200;

export function ErrorsPage({ params }: { readonly params: Readonly<Record<string, string>> }): VNode {
  const state = STATES.find((each) => each === params.state) ?? "open";
  const errors = useQuery("errors.list", { state, limit: MOST_ERRORS });
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const rows = [...(errors.data?.rows ?? [])].sort((a, b) => b.lastAtMs - a.lastAtMs);
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Errors</h1>
        <Filters
          name="State"
          choices={STATES}
          chosen={state}
          onChoose={(chosen) => go(hrefOf("errors", { state: chosen }), true)}
        />
      </div>
      <Said text={said} />
      {!errors.data && <Waiting problem={errors.problem} />}
      {errors.data && rows.length === 0 && (
        <Empty title={state === "open" ? "No open errors" : `None is ${state}`}>
          What handlers, channels and the node itself throw is gathered here by its cause.
        </Empty>
      )}
      {rows.length > 0 && (
        <Split
          label="Errors"
          rows={rows.map((row) => ({ id: row.fingerprint, content: <ErrorLine row={row} /> }))}
          selected={params.id}
          onSelect={(id) => go(hrefOf("errors", { state: params.state, id }), true)}
          foot={errors.data?.next && <p class="table-foot soft">{rows.length} are shown.</p>}
          detail={params.id && <ErrorDetail key={params.id} fingerprint={params.id} onAsk={setQuestion} />}
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
  const { name, message } = readErrorText(row.title);
  return (
    <>
      <span class="row-top">
        <b class="clip error-name">{name}</b>
        {row.regressions > 0 && row.state === "open" && <Chip tone="warn">regression</Chip>}
        <span class="row-count" title={`${whole(row.count)} times`}>
          {short(row.count)}×
        </span>
        <Ago atMs={row.lastAtMs} />
      </span>
      <span class="row-below clip">{message}</span>
    </>
  );
}
