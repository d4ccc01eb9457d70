/** One key: what it knows, what it was told, and whether it runs. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ActorDetails } from "../../inspect/index.ts";
import { plural } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip } from "../parts/chip.tsx";
import { ClippedJson } from "../parts/clipped-json.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Waiting } from "../parts/empty.tsx";
import { ErrorView, readErrorText } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icons.tsx";
import { pauseQuestion, resumeQuestion } from "../parts/lane-questions.tsx";
import { LANE_TONES, waitsForPerson } from "../parts/lane-status.ts";
import { Said } from "../parts/said.tsx";
import { useQuery } from "../use-query.ts";
import { KeyMessages } from "./key-messages.tsx";

export function KeyPage({ target, name }: { readonly target: string; readonly name: string }): VNode {
  const asked = useQuery("actors.show", { actor: target, key: name });
  const [question, setQuestion] = useState<Question>();
  const [said, setSaid] = useState<string>();
  const { data } = asked;
  return (
    <div class="page">
      <div class="page-head key-head">
        <div>
          <p class="soft">{target}</p>
          <h1 class="mono">{name}</h1>
        </div>
        {data && <LaneButton view={data} onAsk={setQuestion} />}
      </div>
      <Said text={said} />
      {data ? <KeyParts view={data} /> : <Waiting problem={asked.problem} />}
      <DecideDialog
        question={question}
        onEnd={(text) => {
          setQuestion(undefined);
          if (text) setSaid(text);
          asked.refresh();
        }}
      />
    </div>
  );
}

function LaneButton({
  view,
  onAsk,
}: {
  readonly view: ActorDetails;
  readonly onAsk: (question: Question) => void;
}): VNode {
  const { actor, key, lane } = view;
  if (lane && waitsForPerson(lane.status)) {
    return (
      <button
        type="button"
        class="button primary"
        onClick={() => onAsk(resumeQuestion({ actor, key, waiting: lane.waiting }))}
      >
        <Icon name="resume" /> Resume
      </button>
    );
  }
  return (
    <button type="button" class="button" onClick={() => onAsk(pauseQuestion({ actor, key }))}>
      <Icon name="pause" /> Pause
    </button>
  );
}

function KeyParts({ view }: { readonly view: ActorDetails }): VNode {
  const { lane, state } = view;
  return (
    <>
      <Facts
        of={{
          Lane: lane ? (
            <Chip tone={LANE_TONES[lane.status]}>{lane.status}</Chip>
          ) : (
            <Chip tone="good">running normally</Chip>
          ),
          Backlog: lane ? plural(lane.waiting, "message") : undefined,
          Shard: view.shard,
          Worker: view.owner ?? "nobody",
          "State changed": state ? <Ago atMs={state.updatedAtMs} /> : undefined,
          "State version": state?.version,
        }}
      />
      {lane?.error && <ErrorView error={readErrorText(lane.error)} />}
      <div class="key-parts">
        <section>
          <h2>State</h2>
          {state ? <ClippedJson of={state.body} label="the state" /> : <p class="soft">It keeps none.</p>}
        </section>
        <section>
          <h2>Messages</h2>
          <KeyMessages actor={view.actor} name={view.key} />
        </section>
      </div>
    </>
  );
}
