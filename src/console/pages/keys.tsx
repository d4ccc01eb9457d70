/** Finds a key by its beginning, or a message by its id. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ActorRow } from "../../inspect/index.ts";
import { plural } from "../format.ts";
import type { Live } from "../live.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip } from "../parts/chip.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { LANE_TONES } from "../parts/lane-status.ts";
import { hrefOf } from "../router.ts";
import { useFeed } from "../use-query.ts";
import { KeyPage } from "./key.tsx";
import { MessagePage } from "./message.tsx";

export interface KeysPageProps {
  readonly live: Live;
  readonly params: Readonly<Record<string, string>>;
}

const MESSAGE_ID = /^[md]\d+-\d+$/;

export function KeysPage({ live, params }: KeysPageProps): VNode {
  const { find, target, key, message = find && MESSAGE_ID.test(find) ? find : undefined } = params;
  if (message) return <MessagePage key={message} id={message} />;
  if (target && key) return <KeyPage key={`${target}/${key}`} target={target} name={key} />;
  if (find) return <Found key={find} find={find} actors={live.actors} />;
  return (
    <div class="page">
      <div class="page-head">
        <h1>Keys</h1>
      </div>
      <Empty title="Which key?">
        Type the beginning of a key, or a message’s id such as <code>m12-345</code>, into the search above. Press{" "}
        <kbd>/</kbd> to get there.
      </Empty>
    </div>
  );
}

const MOST_KEYS = 50;
/** Actors that are asked for the key. */
const MOST_ACTORS = 50;

interface FoundProps {
  readonly find: string;
  readonly actors: readonly string[];
}

/** Every actor is asked, once. */
function Found({ find, actors }: FoundProps): VNode {
  const feed = useFeed();
  const [rows, setRows] = useState<readonly ActorRow[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const ask = (actor: string) => feed.ask("actors.list", { actor, prefix: find, limit: MOST_KEYS });
    Promise.all(actors.slice(0, MOST_ACTORS).map(ask)).then(
      (pages) => setRows(pages.flatMap((page) => page.rows)),
      (thrown) => setProblem((thrown as Error).message),
    );
  }, [feed, find]);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Keys</h1>
        {rows && (
          <p class="soft">
            {plural(rows.length, "key")} that {rows.length === 1 ? "begins" : "begin"} with “{find}”
          </p>
        )}
      </div>
      {!rows && <Waiting problem={problem} />}
      {rows && rows.length > 0 && <FoundList rows={rows} />}
      {rows && !rows.some(({ key }) => key === find) && <Elsewhere find={find} actors={actors} />}
    </div>
  );
}

function FoundList({ rows }: { readonly rows: readonly ActorRow[] }): VNode {
  return (
    <ul class="panel flush found">
      {rows.map(({ actor, key, lane, updatedAtMs }) => (
        <li key={`${actor}/${key}`}>
          <a href={hrefOf("keys", { target: actor, key })}>
            <code class="clip">{key}</code>
            <span class="soft">{actor}</span>
            {lane === "normal" ? <span /> : <Chip tone={LANE_TONES[lane]}>{lane}</Chip>}
            <Ago atMs={updatedAtMs} />
          </a>
        </li>
      ))}
    </ul>
  );
}

/** A key that never kept a state is in no list, but may have messages. */
function Elsewhere({ find, actors }: FoundProps): VNode {
  return (
    <p class="elsewhere soft">
      Only keys with a state are found by their beginning. Look at “{find}” itself in{" "}
      {actors.slice(0, MOST_ACTORS).map((actor, index) => (
        <span key={actor}>
          {index > 0 && ", "}
          <a href={hrefOf("keys", { target: actor, key: find })}>{actor}</a>
        </span>
      ))}
      .
    </p>
  );
}
