import type { VNode } from "preact";
import type { DeadLetterDetails } from "../../inspect/index.ts";
import { span, whole } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { ClippedJson } from "../parts/clipped-json.tsx";
import { Waiting } from "../parts/empty.tsx";
import { ErrorView } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icons.tsx";
import { KeyLink } from "../parts/key-link.tsx";
import { hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";
import type { Verb } from "./dead-questions.ts";

const TONES: Readonly<Record<DeadLetterDetails["status"], Tone>> = {
  dead: "bad",
  redriven: "good",
  discarded: "plain",
};

export interface DeadDetailProps {
  readonly id: string;
  readonly onAsk: (verb: Verb, row: DeadLetterDetails) => void;
}

/** One dead letter: its error, its message, and what can be done about it. */
export function DeadDetail({ id, onAsk }: DeadDetailProps): VNode {
  const { data, problem } = useQuery("dead.show", { id });
  if (!data) return <Waiting problem={problem} />;
  return (
    <>
      <div class="detail-head">
        <div>
          <h2 class="mono">{data.id}</h2>
          <KeyLink id={data.id} target={data.target} name={data.key} />
        </div>
        {data.status === "dead" ? (
          <Actions row={data} onAsk={onAsk} />
        ) : (
          <Chip tone={TONES[data.status]}>{data.status}</Chip>
        )}
      </div>
      <Facts
        of={{
          Died: <Ago atMs={data.diedAtMs} />,
          Tries: whole(data.attempts),
          "Tried for": span(data.diedAtMs - data.acceptedAtMs),
          Reason: data.reason || undefined,
          Way: <a href={hrefOf("keys", { message: data.id })}>Show each step</a>,
        }}
      />
      <h3>Error</h3>
      <ErrorView error={{ ...data.error, stack: data.stack }} />
      <h3>Message</h3>
      <ClippedJson of={data.body} label="the message" />
    </>
  );
}

function Actions({ row, onAsk }: { readonly row: DeadLetterDetails; readonly onAsk: DeadDetailProps["onAsk"] }): VNode {
  return (
    <div class="actions">
      <button type="button" class="button primary" onClick={() => onAsk("redrive", row)}>
        <Icon name="redrive" /> Redrive
      </button>
      <button type="button" class="button" onClick={() => onAsk("discard", row)}>
        <Icon name="discard" /> Discard
      </button>
    </div>
  );
}
