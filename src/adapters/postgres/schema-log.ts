import type { SchemaNames } from "./names.ts";

/** Functions of the log, in the order in which they use each other. */
export function logFunctions(names: SchemaNames): string {
  return [readFunctions(names), dedupeFunctions(names), appendFunction(names), numberedFunctions(names)].join("\n\n");
}

function readFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.heads(stream text, newest int, only_shards int[]) returns table (shard int, head bigint)
language plpgsql stable as $$
begin
  return query execute format('select b.shard, coalesce((select max(m.seq) from ${s}.%1$s_%2$s m where m.shard = b.shard), b.%1$s_base)
    from ${s}.segment_bases b where b.segment = %2$s and b.shard = any ($1)', stream, newest) using only_shards;
end $$;

/*
 * Reads each position in the segments that hold its next \`most\` sequences: since those have no holes, the bases tell which. What lies
 * before the oldest segment is gone, and reading begins there.
 */
create function ${s}.read_stream(stream text, shards int[], afters bigint[], most int)
returns table (shard int, seq float8, accepted_at float8, target text, key text, body text, meta text)
language plpgsql stable as $$
declare part record;
begin
  for part in execute format('select b.segment, array_agg(p.shard) as shards, array_agg(p.after) as afters
    from (select i.shard, greatest(i.after, o.base) as after from unnest($1, $2) i(shard, after) cross join lateral (
      select %1$s_base as base from ${s}.segment_bases o where o.shard = i.shard order by o.segment limit 1) o) p
    cross join lateral (
      select b.segment from ${s}.segment_bases b where b.shard = p.shard and b.%1$s_base < p.after + $3 and b.segment >= (
        select f.segment from ${s}.segment_bases f where f.shard = p.shard and f.%1$s_base <= p.after
        order by f.segment desc limit 1)) b
    group by b.segment order by b.segment', stream) using shards, afters, most
  loop
    return query execute format('select m.shard, m.seq::float8, m.accepted_at::float8, m.target, m.key, m.body, m.meta
      from unnest($1, $2) p(shard, after) cross join lateral (
        select * from ${s}.%s_%s m where m.shard = p.shard and m.seq > p.after and m.seq <= p.after + $3 order by m.seq) m',
      stream, part.segment) using part.shards, part.afters, most;
  end loop;
end $$;`;
}

function dedupeFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.dedupe_ids(sources text[], external_ids text[]) returns uuid[] language sql immutable strict as $$
  select array_agg(case when source is not null then
    encode(substring(sha256(convert_to(length(source) || ':' || source || external_id, 'UTF8')) for 16), 'hex')::uuid end order by ord)
  from unnest(sources, external_ids) with ordinality u(source, external_id, ord)
$$;

create function ${s}.dedupe_find(ids uuid[]) returns table (ord bigint, seq bigint) language plpgsql stable as $$
declare found text;
begin
  select string_agg(format('select d.seq from ${s}.dedupe_%s d where d.id = u.id', part), ' union all ' order by part desc)
    into found from ${s}.dedupe_parts;
  return query execute 'select u.ord, d.seq from unnest($1) with ordinality u(id, ord) cross join lateral (' || found || ' limit 1) d'
    using ids;
end $$;`;
}

/**
 * `append` allots sequences under one advisory lock a shard, taken in the order of the shards and held until the transaction has
 * ended: what it finds as the highest sequence is committed, and a smaller one can never become visible later. The highest is
 * read from the index each time; a counter row would be the hottest row of the database.
 * It answers one number a message: the sequence (> 0), or for a duplicate minus the sequence it was taken at (0: not known).
 */
function appendFunction({ schema: s, locks }: SchemaNames): string {
  return `
create function ${s}.append(shards int[], accepted_at bigint[], targets text[], keys text[], bodies text[], metas text[],
  dedupe uuid[], now_ms bigint) returns float8[] language plpgsql as $$
declare
  newest int;
  touched int[] := array(select distinct unnest(shards) order by 1);
  seqs bigint[];
  answer float8[];
begin
  perform pg_advisory_xact_lock(${locks.append}, shard) from unnest(touched) shard;
  select max(segment) into newest from ${s}.segments;
  if dedupe is null then
    execute format('select array_agg(h.head + u.rank order by u.ord)
      from (select shard, ord, row_number() over (partition by shard order by ord) as rank
        from unnest($1) with ordinality i(shard, ord)) u
      join ${s}.heads(%L, %s, $2) h using (shard)', 'in', newest) into seqs using shards, touched;
    answer := seqs;
  else
    execute format('with item as (
        select i.shard, i.ord, known.ord is not null as taken, known.seq as taken_at
        from unnest($1) with ordinality i(shard, ord) left join ${s}.dedupe_find($2) known using (ord)),
      fresh as (
        select ord, h.head + row_number() over (partition by shard order by ord) as seq
        from item join ${s}.heads(%L, %s, $3) h using (shard) where not taken)
      select array_agg(fresh.seq order by ord), array_agg(coalesce(fresh.seq, -item.taken_at, 0) order by ord)
      from item left join fresh using (ord)', 'in', newest) into seqs, answer using shards, dedupe, touched;
    execute format('insert into ${s}.dedupe_%s select id, shard, seq from unnest($1, $2, $3) u(id, shard, seq)
      where id is not null and seq is not null order by id', (select max(part) from ${s}.dedupe_parts)) using dedupe, shards, seqs;
  end if;
  execute format('insert into ${s}.in_%s (shard, seq, accepted_at, target, key, body, meta)
    select shard, seq, coalesce(accepted_at, $8), target, key, body, meta
    from unnest($1, $2, $3, $4, $5, $6, $7) u(shard, seq, accepted_at, target, key, body, meta) where seq is not null', newest)
    using shards, seqs, accepted_at, targets, keys, bodies, metas, now_ms;
  return answer;
end $$;`;
}

/** For `NumberedIntake`: appending together with messages that were held, and holding. */
function numberedFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.append_planned(shards int[], targets text[], keys text[], bodies text[], metas text[],
  dedupe_sources text[], external_ids text[], accepted_at bigint[], settled uuid[], now_ms bigint)
returns float8[] language plpgsql as $$
declare
  answer float8[] := ${s}.append(shards, accepted_at, targets, keys, bodies, metas, ${s}.dedupe_ids(dedupe_sources, external_ids), now_ms);
  old_part int;
begin
  for old_part in select part from ${s}.dedupe_parts loop
    execute format('update ${s}.dedupe_%s d set seq = u.seq from unnest($1, $2) u(id, seq) where d.id = u.id', old_part)
      using settled, answer;
  end loop;
  return answer;
end $$;

create function ${s}.hold(shards int[], targets text[], keys text[], bodies text[], metas text[], dedupe_sources text[],
  external_ids text[], sources text[], external_seqs bigint[], due_at bigint[], now_ms bigint) returns void language plpgsql as $$
declare
  ids uuid[] := ${s}.dedupe_ids(dedupe_sources, external_ids);
begin
  insert into ${s}.held (source, external_seq, due_at, shard, target, key, body, meta, accepted_at, dedupe_id)
    select u.source, u.external_seq, u.due_at, u.shard, u.target, u.key, u.body, u.meta, now_ms, u.id
    from unnest(sources, external_seqs, hold.due_at, shards, targets, keys, bodies, metas, ids)
      with ordinality u(source, external_seq, due_at, shard, target, key, body, meta, id, ord) order by ord;
  execute format('insert into ${s}.dedupe_%s (id, shard, seq) select id, shard, null from unnest($1, $2) u(id, shard)
    where id is not null', (select max(part) from ${s}.dedupe_parts)) using ids, shards;
end $$;`;
}
