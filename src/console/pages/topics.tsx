/** Who listens to what: topics with their sockets, and who is present. */
import type { VNode } from "preact";
import type { TopicRow } from "../../node/index.ts";
import { plural, whole } from "../format.ts";
import type { Live } from "../live.ts";
import { Ago } from "../parts/ago.tsx";
import { Empty, Waiting } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { FilterField } from "../parts/filter-field.tsx";
import { Split } from "../parts/split.tsx";
import { go, hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

type Params = Readonly<Record<string, string>>;

export function TopicsPage({ live, params }: { readonly live: Live; readonly params: Params }): VNode {
  const topics = useQuery("topics", params.find ? { find: params.find } : {});
  const rows = topics.data?.rows ?? [];
  const total = topics.data?.total ?? rows.length;
  return (
    <div class="page wide">
      <div class="page-head">
        <h1>Topics</h1>
        <p class="soft">
          {plural(live.pulse.sockets, "socket")}, {plural(total, "topic")}, {whole(live.pulse.channels)} joined
        </p>
        <FilterField label="Topic" value={params.find} onChange={(find) => go(hrefOf("topics", { find }), true)} />
      </div>
      {!topics.data && <Waiting problem={topics.problem} />}
      {topics.data && rows.length === 0 && (
        <Empty title={params.find ? "No such topic is joined" : "Nobody has joined a topic"}>
          A topic stands here while at least one socket has joined it.
        </Empty>
      )}
      {rows.length > 0 && (
        <Split
          label="Topics"
          rows={rows.map((row) => ({ id: row.topic, content: <TopicLine row={row} /> }))}
          selected={params.id}
          onSelect={(id) => go(hrefOf("topics", { find: params.find, id }), true)}
          foot={
            topics.data?.more && (
              <p class="table-foot soft">The {rows.length} with the most sockets. Filter to see others.</p>
            )
          }
          detail={params.id && <TopicDetail key={params.id} topic={params.id} />}
        />
      )}
    </div>
  );
}

function TopicLine({ row }: { readonly row: TopicRow }): VNode {
  return (
    <>
      <span class="row-top">
        <code class="clip row-code">{row.topic}</code>
        <b>{whole(row.sockets)}</b>
      </span>
      <span class="row-below">
        {[
          plural(row.sockets, "socket"),
          row.presences > 0 && `${whole(row.presences)} present`,
          row.seq !== null && `history to ${whole(row.seq)}`,
        ]
          .filter(Boolean)
          .join(", ")}
      </span>
    </>
  );
}

function TopicDetail({ topic }: { readonly topic: string }): VNode {
  const { data, problem } = useQuery("topic", { topic });
  if (!data) return <Waiting problem={problem} />;
  return (
    <>
      <div class="detail-head">
        <h2 class="mono">{data.topic}</h2>
      </div>
      <Facts
        of={{
          Sockets: whole(data.sockets),
          Present: whole(data.presences),
          History: data.seq === null ? "kept by none" : `to ${whole(data.seq)}`,
        }}
      />
      <h3>Present</h3>
      {data.present.length === 0 ? (
        <p class="soft">Nobody tells that they are here.</p>
      ) : (
        <ul class="present">
          {data.present.map(({ key, metas }) => (
            <li key={key}>
              <b>{key}</b>
              {metas.length > 1 && <span class="soft">{metas.length} times</span>}
              <code class="clip">{JSON.stringify(metas[0])}</code>
            </li>
          ))}
        </ul>
      )}
      <h3>Newest broadcasts</h3>
      {data.history.length === 0 ? (
        <p class="soft">This topic keeps no history, or none yet.</p>
      ) : (
        <ol class="broadcasts">
          {data.history.map(({ seq, event, atMs, payload }) => (
            <li key={seq}>
              <span class="soft">{whole(seq)}</span>
              <b>{event}</b>
              <code class="clip">{payload}</code>
              <Ago atMs={atMs} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
