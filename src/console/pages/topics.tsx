/** Who listens to what: topics with their sockets, and who is present. */
import type { VNode } from "preact";
import { plural, whole } from "../format.ts";
import type { Live } from "../live.ts";
import { Empty, Waiting } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { FilterField } from "../parts/filter-field.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

const MOST_TOPICS = 200;

export interface TopicsPageProps {
  readonly live: Live;
  readonly params: Readonly<Record<string, string>>;
}

export function TopicsPage({ live, params: { prefix, id } }: TopicsPageProps): VNode {
  const topics = useQuery("topics.list", { prefix, limit: MOST_TOPICS });
  const rows = topics.data?.rows ?? [];
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Topics</h1>
        <p class="soft">
          {plural(live.pulse.sockets, "socket")}, {whole(live.pulse.channels)} joined
        </p>
        <FilterField
          label="Begins with"
          value={prefix}
          onChange={(typed) => go(hrefOf("topics", { prefix: typed }), true)}
        />
      </div>
      {!topics.data && <Waiting problem={topics.problem} />}
      {topics.data && rows.length === 0 && (
        <Empty title={prefix ? "No topic that begins so is joined" : "Nobody has joined a topic"}>
          A topic stands here while at least one socket has joined it.
        </Empty>
      )}
      {rows.length > 0 && (
        <Split
          label="Topics"
          rows={rows.map((row) => ({
            id: row.topic,
            content: (
              <span class="row-top">
                <code class="clip row-code">{row.topic}</code>
                {row.keepsHistory && <span class="soft">history</span>}
                <b title={plural(row.subscribers, "socket")}>{whole(row.subscribers)}</b>
              </span>
            ),
          }))}
          selected={id}
          onSelect={(chosen) => go(hrefOf("topics", { prefix, id: chosen }), true)}
          foot={topics.data?.next && <p class="table-foot soft">{rows.length} are shown. Filter to see the others.</p>}
          detail={id && <TopicDetail key={id} topic={id} />}
        />
      )}
    </div>
  );
}

function TopicDetail({ topic }: { readonly topic: string }): VNode {
  const { data, problem } = useQuery("topics.show", { topic });
  if (!data) return <Waiting problem={problem} />;
  const present = Object.entries(data.presences);
  return (
    <>
      <div class="detail-head">
        <h2 class="mono">{data.topic}</h2>
      </div>
      <Facts
        of={{
          Sockets: whole(data.subscribers),
          Present: whole(data.presentKeys),
          History: data.history ? `${whole(data.history.first)} to ${whole(data.history.last)}` : "none",
        }}
      />
      <h3>Present</h3>
      {present.length === 0 ? (
        <p class="soft">Nobody on this topic says that they are here.</p>
      ) : (
        <ul class="present">
          {present.map(([key, times]) => (
            <li key={key}>
              <span class="clip">{key}</span>
              {times > 1 && <span class="soft">{times} times</span>}
            </li>
          ))}
        </ul>
      )}
      {present.length < data.presentKeys && (
        <p class="soft">
          {whole(present.length)} of {whole(data.presentKeys)} are shown.
        </p>
      )}
    </>
  );
}
