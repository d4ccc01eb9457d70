import type { SchemaNames } from "./names.ts";

/** Topics share this many locks, so that a commit with broadcasts to many topics stays far from the server's bound on locks. */
const TOPIC_LOCKS = 64;

/** Functions of the topics' history. Sequences are allotted as in the log: under a lock that is held until the transaction has ended. */
export function historyFunctions({ schema: s, locks }: SchemaNames): string {
  return `
create function ${s}.append_history(topics text[], events text[], payloads text[], now_ms bigint) returns float8[]
language plpgsql as $$
declare seqs bigint[];
begin
  perform pg_advisory_xact_lock(${locks.history}, bucket)
    from (select distinct abs(hashtext(t) % ${TOPIC_LOCKS}) as bucket from unnest(topics) t order by 1) o;
  select array_agg(h.last + u.rank order by u.ord) into seqs
    from (select topic, ord, row_number() over (partition by topic order by ord) as rank
      from unnest(topics) with ordinality i(topic, ord)) u
    join (select t.topic, ${s}.last_in_history(t.topic) as last from (select distinct unnest(topics) as topic) t) h using (topic);
  insert into ${s}.history (topic, seq, event, payload, at)
    select topic, seq, event, payload, now_ms from unnest(topics, seqs, events, payloads) u(topic, seq, event, payload);
  return seqs;
end $$;

create function ${s}.last_in_history(of_topic text) returns bigint language sql stable as $$
  select coalesce((select max(seq) from ${s}.history where topic = of_topic),
    (select through from ${s}.history_pruned where topic = of_topic), 0)
$$;

create function ${s}.prune_history(of_topic text, keep_count bigint, since bigint) returns void language plpgsql as $$
declare last bigint;
begin
  perform pg_advisory_xact_lock(${locks.history}, abs(hashtext(of_topic) % ${TOPIC_LOCKS}));
  last := ${s}.last_in_history(of_topic);
  insert into ${s}.history_pruned (topic, through) values (of_topic, last)
    on conflict (topic) do update set through = excluded.through where ${s}.history_pruned.through <> excluded.through;
  delete from ${s}.history where topic = of_topic and (seq <= last - keep_count or at < since);
end $$;
`;
}
