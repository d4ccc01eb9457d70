/** One key: what it knows, what it was told, and whether it runs. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { KeyMessage, KeyView } from "../../node/index.ts";
import { dateTime, plural, span } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { DecideDialog, type Question } from "../parts/decide.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { ErrorView } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icons.tsx";
import { JsonView } from "../parts/json-view.tsx";
import { pauseQuestion, resumeQuestion } from "../parts/lane-questions.tsx";
import { Said } from "../parts/said.tsx";
import { hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type Params = Readonly<Record<string, string>>;

export function KeysPage({ params: { find, target, key } }: { readonly params: Params }): VNode {
  if (target && key) return <KeyPage key={`${target}/${key}`} target={target} name={key} />;
  if (find) return <Found key={find} find={find} />;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Keys</h1>
      </div>
      <Empty title="Which key?">
        Type the beginning of a key, an actor’s name and a key (<code>order A-17</code>), or a message’s id (
        <code>m12-345</code>) into the search above. Press <kbd>/</kbd> to get there.
      </Empty>
    </div>
  );
}

function Found({ find }: { readonly find: string }): VNode {
  const { data, problem } = useQuery("keys", { find });
  return (
    <div class="page">
      <div class="page-head">
        <h1>Keys</h1>
        {data && (
          <p class="soft">
            {plural(data.rows.length, "key")} for “{find}”
          </p>
        )}
      </div>
      {!data && <Waiting problem={problem} />}
      {data?.rows.length === 0 && (
        <Empty title={`Nothing is known of “${find}”`}>
          A key is found by its beginning, once it has state or messages.
        </Empty>
      )}
      {data && data.rows.length > 0 && (
        <ul class="panel flush found">
          {data.rows.map((row) => (
            <li key={`${row.target}/${row.key}`}>
              <a href={hrefOf("keys", { target: row.target, key: row.key })}>
                <code class="clip">{row.key}</code>
                <span class="soft">{row.target}</span>
                <Ago atMs={row.updatedAtMs} />
              </a>
            </li>
          ))}
          {data.more && <li class="table-foot soft">There are more; type more of the key.</li>}
        </ul>
      )}
    </div>
  );
}

function KeyPage({ target, name }: { readonly target: string; readonly name: string }): VNode {
  const asked = useQuery("key", { target, key: name });
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

function LaneButton({ view, onAsk }: { readonly view: KeyView; readonly onAsk: (question: Question) => void }): VNode {
  const { target, key, lane } = view;
  const waits = lane && ["paused", "halted", "unmigratable"].includes(lane.status);
  return (
    <div class="actions">
      {waits ? (
        <button type="button" class="button primary" onClick={() => onAsk(resumeQuestion(lane))}>
          <Icon name="resume" /> Resume
        </button>
      ) : (
        <button
          type="button"
          class="button"
          onClick={() => onAsk(pauseQuestion(lane ?? { stream: "in", target, key }))}
        >
          <Icon name="pause" /> Pause
        </button>
      )}
    </div>
  );
}

function KeyParts({ view }: { readonly view: KeyView }): VNode {
  const { lane, state, messages } = view;
  return (
    <>
      <Facts
        of={{
          Lane: <Chip tone={laneTone(lane?.status)}>{lane?.status ?? "running normally"}</Chip>,
          Waiting: lane ? plural(lane.waiting, "message") : undefined,
          Shard: view.shard,
          Worker: view.owner ?? "nobody",
          Changed: view.updatedAtMs === null ? undefined : <Ago atMs={view.updatedAtMs} />,
          "State version": view.stateVersion ?? undefined,
        }}
      />
      {lane?.error && <ErrorView error={lane.error} />}
      <div class="key-parts">
        <section>
          <h2>State</h2>
          {state === null ? <p class="soft">It has none.</p> : <JsonView text={state} label="the state" />}
        </section>
        <section>
          <h2>Messages</h2>
          {messages.length === 0 && <p class="soft">None is kept any more.</p>}
          <ol class="messages">
            {messages.map((message) => (
              <Message key={message.id} message={message} />
            ))}
          </ol>
          {view.isTruncated && <p class="soft">Older ones are not shown.</p>}
        </section>
      </div>
    </>
  );
}

function laneTone(status: string | undefined): Tone {
  if (status === undefined) return "good";
  return status === "halted" || status === "unmigratable" ? "bad" : "warn";
}

const MESSAGE_TONES: Readonly<Record<KeyMessage["status"], Tone>> = {
  waiting: "busy",
  handled: "good",
  retrying: "warn",
  dead: "bad",
  redriven: "plain",
  discarded: "plain",
};

function Message({ message }: { readonly message: KeyMessage }): VNode {
  const { id, acceptedAtMs, handledAtMs, status, worker, body } = message;
  const took = handledAtMs === undefined ? undefined : span(handledAtMs - acceptedAtMs);
  return (
    <li data-status={status}>
      <p class="message-top">
        <code>{id}</code>
        <Chip tone={MESSAGE_TONES[status]}>{status}</Chip>
        <span class="soft clip" title={dateTime(acceptedAtMs)}>
          {[worker && `by ${worker}`, took && took !== "0 s" && `after ${took}`].filter(Boolean).join(", ")}
        </span>
        <Ago atMs={acceptedAtMs} />
      </p>
      <JsonView text={body} label={`message ${id}`} />
    </li>
  );
}
