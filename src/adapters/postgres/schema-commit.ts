import type { SchemaNames } from "./names.ts";

/** SQLSTATEs that our functions raise. Class GW is ours alone (classes of letters I–Z are left to applications by the SQL standard). */
export const FENCED = "GW001";
export const COMMITTED_BEFORE = "GW002";

/**
 * `fence` locks the shards, then looks whether the caller still has their leases: a takeover takes the same locks, and so has either
 * ended before, and is seen, or waits until this transaction has ended. It raises GW001 with the lost shards; and GW002 with the
 * earlier outcome when the journal shows that this very commit has been made (its answer was lost on the way). It is the newest entry
 * of each of its shards that is still the caller's: one look at the first shard is enough, unless that one was lost meanwhile.
 */
export function fenceFunction({ schema: s, locks }: SchemaNames): string {
  return `
create function ${s}.fence(commit_id text, owner_id text, shards int[], epochs bigint[]) returns void language plpgsql as $$
declare
  made_before text;
  before jsonb;
  lost int[];
begin
  perform pg_advisory_xact_lock(${locks.fence}, shard) from (select unnest(shards) as shard order by 1) o;
  if commit_id is not null then
    made_before := format('select coalesce(j.outcome, ''{}'') from unnest($1) u(shard)
      cross join lateral (select * from ${s}.journal_%s e where e.shard = u.shard order by entry desc limit 1) j
      where j.commit_id = $2 limit 1', (select max(segment) from ${s}.segments));
    execute made_before into before using shards[1:1], commit_id;
  end if;
  select array_agg(u.shard) into lost from unnest(shards, epochs) u(shard, epoch)
    left join ${s}.leases l using (shard) where l.epoch is distinct from u.epoch or l.owner is distinct from owner_id;
  if lost is not null and before is null and commit_id is not null then
    execute made_before into before using shards, commit_id;
  end if;
  if before is not null then
    raise exception 'committed before' using errcode = '${COMMITTED_BEFORE}', detail = before::text;
  end if;
  if lost is not null then
    raise exception 'lease lost' using errcode = '${FENCED}', detail = to_json(lost)::text;
  end if;
end $$;
`;
}

/**
 * `commit` writes all of a commit; sends of which some are numbered were taken before, in the same transaction, and come as `numbered`.
 * It answers, and notes in the journal, what came of sends and history. Its `n` is above that of every commit before of the same
 * shards: it numbers the journal's entries and tells the newer of two states.
 */
export function commitFunction({ schema: s }: SchemaNames): string {
  return `
create function ${s}.commit(
  commit_id text, member_id text, code_version text, now_ms bigint,
  shards int[], epochs bigint[], in_cursors bigint[], in_aheads text[], out_cursors bigint[], out_aheads text[],
  state_targets text[], state_keys text[], state_versions int[], state_bodies text[],
  out_shards int[], out_targets text[], out_keys text[], out_bodies text[], out_metas text[],
  send_shards int[], send_targets text[], send_keys text[], send_bodies text[], send_metas text[], send_dedupe uuid[],
  history_topics text[], history_events text[], history_payloads text[], numbered text, aside text) returns jsonb
language plpgsql as $$
declare
  newest int;
  n bigint;
  outcome jsonb := numbered::jsonb;
begin
  perform ${s}.fence(commit_id, member_id, shards, epochs);
  n := nextval('${s}.commit_number');
  select max(segment) into newest from ${s}.segments;
  if state_keys is not null then
    execute format('insert into ${s}.state_log_%s (entry, updated_at, version, target, key, body)
      select $5, $6, version, target, key, body from unnest($1, $2, $3, $4) u(target, key, version, body)',
      (select max(part) from ${s}.state_parts)) using state_targets, state_keys, state_versions, state_bodies, n, now_ms;
  end if;
  if out_keys is not null then
    execute format('insert into ${s}.out_%s (shard, seq, accepted_at, target, key, body, meta)
      select shard, h.head + row_number() over (partition by shard order by ord), $6, target, key, body, meta
      from unnest($1, $2, $3, $4, $5) with ordinality u(shard, target, key, body, meta, ord)
      join ${s}.heads(%L, %s, $7) h using (shard)', newest, 'out', newest)
      using out_shards, out_targets, out_keys, out_bodies, out_metas, now_ms, shards;
  end if;
  if aside is not null then perform ${s}.commit_aside(aside::jsonb); end if;
  if send_keys is not null then
    outcome := jsonb_build_object('sends',
      ${s}.append(send_shards, null, send_targets, send_keys, send_bodies, send_metas, send_dedupe, now_ms));
  end if;
  if history_topics is not null then
    outcome := coalesce(outcome, '{}') || jsonb_build_object('history',
      ${s}.append_history(history_topics, history_events, history_payloads, now_ms));
  end if;
  execute format('insert into ${s}.journal_%1$s (shard, entry, epoch, at, in_cursor, out_cursor, in_ahead, out_ahead, member_id,
      code_version, commit_id, outcome)
    select u.shard, $7, u.epoch, $8, coalesce(u.in_cursor, last.in_cursor), coalesce(u.out_cursor, last.out_cursor),
      coalesce(u.in_ahead, last.in_ahead), coalesce(u.out_ahead, last.out_ahead), $9, $10, $11, $12
    from unnest($1, $2, $3, $4, $5, $6) u(shard, epoch, in_cursor, in_ahead, out_cursor, out_ahead)
    cross join lateral (select * from ${s}.journal_%1$s j where j.shard = u.shard order by entry desc limit 1) last', newest)
    using shards, epochs, in_cursors, in_aheads, out_cursors, out_aheads, n, now_ms, member_id, code_version, commit_id, outcome;
  return outcome;
end $$;
`;
}

/**
 * What leaves the normal way: one array of records a part, as JSON (rare, so that the plain parameters above stay few).
 * What is done comes before what is set, so that a timer which fires and is set again in one commit is there afterwards.
 */
export function asideFunction({ schema: s }: SchemaNames): string {
  return `
create function ${s}.commit_aside(aside jsonb) returns void language plpgsql as $$
begin
  if aside ? 'timersDone' then
    delete from ${s}.timers t using jsonb_to_recordset(aside->'timersDone') d(target text, key text, name text)
      where (t.target, t.key, t.name) = (d.target, d.key, d.name);
  end if;
  if aside ? 'timers' then
    insert into ${s}.timers (target, key, name, shard, due_at, body, meta)
      select target, key, name, shard, "dueAtMs", body, meta from jsonb_to_recordset(aside->'timers')
        r(target text, key text, name text, shard int, "dueAtMs" bigint, body text, meta text)
      on conflict (target, key, name) do update set shard = excluded.shard, due_at = excluded.due_at, body = excluded.body,
        meta = excluded.meta;
  end if;
  if aside ? 'lanesNormal' then
    delete from ${s}.lanes l using jsonb_to_recordset(aside->'lanesNormal') d(shard int, stream text, target text, key text)
      where (l.shard, l.stream, l.target, l.key) = (d.shard, d.stream, d.target, d.key);
  end if;
  if aside ? 'lanes' then
    insert into ${s}.lanes (shard, stream, target, key, status, attempts, due_at, error)
      select shard, stream, target, key, status, attempts, "dueAtMs", error from jsonb_to_recordset(aside->'lanes')
        r(shard int, stream text, target text, key text, status text, attempts int, "dueAtMs" bigint, error text)
      on conflict (shard, stream, target, key) do update set status = excluded.status, attempts = excluded.attempts,
        due_at = excluded.due_at, error = excluded.error;
  end if;
  if aside ? 'backlog' then
    insert into ${s}.backlog (shard, stream, target, key, seq, body, meta, accepted_at)
      select shard, stream, target, key, seq, body, meta, "acceptedAtMs" from jsonb_to_recordset(aside->'backlog')
        r(shard int, stream text, target text, key text, seq bigint, body text, meta text, "acceptedAtMs" bigint)
      on conflict do nothing;
  end if;
  if aside ? 'backlogDone' then
    delete from ${s}.backlog b
      using jsonb_to_recordset(aside->'backlogDone') d(shard int, stream text, target text, key text, seq bigint)
      where (b.shard, b.stream, b.target, b.key, b.seq) = (d.shard, d.stream, d.target, d.key, d.seq);
  end if;
  if aside ? 'deadLetterDecisions' then
    update ${s}.dead_letters l set status = d.status, reason = d.reason
      from jsonb_to_recordset(aside->'deadLetterDecisions') d(shard int, stream text, seq bigint, status text, reason text)
      where (l.shard, l.stream, l.seq) = (d.shard, d.stream, d.seq);
  end if;
  if aside ? 'deadLetters' then
    insert into ${s}.dead_letters (shard, stream, seq, target, key, body, meta, accepted_at, attempts, error, died_at, status, reason)
      select shard, stream, seq, target, key, body, meta, "acceptedAtMs", attempts, error, "diedAtMs", status, reason
        from jsonb_to_recordset(aside->'deadLetters')
        r(shard int, stream text, seq bigint, target text, key text, body text, meta text, "acceptedAtMs" bigint, attempts int,
          error text, "diedAtMs" bigint, status text, reason text)
      on conflict (shard, stream, seq) do update set attempts = excluded.attempts, error = excluded.error,
        died_at = excluded.died_at, status = excluded.status, reason = excluded.reason;
  end if;
  if aside ? 'suspectsCleared' then
    delete from ${s}.suspects p using jsonb_to_recordset(aside->'suspectsCleared') d(shard int, stream text, seq bigint)
      where (p.shard, p.stream, p.seq) = (d.shard, d.stream, d.seq);
  end if;
end $$;
`;
}
