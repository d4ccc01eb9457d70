import type { SchemaNames } from "./names.ts";

/** Functions that find things again, in the order in which they use each other. */
export function inspectionFunctions(names: SchemaNames): string {
  return [findMessageFunction(names), handledByFunctions(names), shardFunctions(names)].join("\n");
}

function findMessageFunction({ schema: s }: SchemaNames): string {
  return `
create function ${s}.find_message(of_shard int, stream text, of_seq bigint)
returns table (shard int, seq float8, accepted_at float8, target text, key text, body text, meta text)
language plpgsql stable as $$
declare holding int;
begin
  execute format('select max(segment) from ${s}.segment_bases where shard = $1 and %s_base < $2', stream)
    into holding using of_shard, of_seq;
  if holding is not null then
    return query execute format('select shard, seq::float8, accepted_at::float8, target, key, body, meta from ${s}.%s_%s
      where shard = $1 and seq = $2', stream, holding) using of_shard, of_seq;
    if found then return; end if;
  end if;
  return query select b.shard, b.seq::float8, b.accepted_at::float8, b.target, b.key, b.body, b.meta from ${s}.backlog b
      where b.shard = of_shard and b.stream = find_message.stream and b.seq = of_seq
    union all select l.shard, l.seq::float8, l.accepted_at::float8, l.target, l.key, l.body, l.meta from ${s}.dead_letters l
      where l.shard = of_shard and l.stream = find_message.stream and l.seq = of_seq
    limit 1;
end $$;
`;
}

/**
 * `handled_by` searches by halves: once an entry covers a message, all later ones of its shard do. The first entry of a segment is
 * a copy of the last one before it; when that segment is gone, who was first is not known any more.
 */
function handledByFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.covers(cursor bigint, ahead text, seq bigint) returns boolean language sql immutable as $$
  select seq <= cursor or (ahead <> '[]' and exists (
    select from jsonb_array_elements(ahead::jsonb) r where (r->>0)::bigint <= seq and seq <= (r->>1)::bigint))
$$;

create function ${s}.handled_by(of_shard int, stream text, of_seq bigint)
returns table (epoch float8, at float8, member_id text, code_version text, in_cursor float8, in_ahead text, out_cursor float8, out_ahead text)
language plpgsql stable as $$
declare
  part int;
  low bigint;
  high bigint;
  middle bigint;
  probe record;
  hit bigint;
  oldest bigint;
begin
  for part in select segment from ${s}.segments order by segment loop
    execute format('select min(entry), max(entry) from ${s}.journal_%s where shard = $1', part) into low, high using of_shard;
    oldest := coalesce(oldest, low);
    while low <= high loop
      middle := (low + high) / 2;
      execute format('select entry, ${s}.covers(%1$s_cursor, %1$s_ahead, $3) as covered from ${s}.journal_%2$s
        where shard = $1 and entry >= $2 order by entry limit 1', stream, part) into probe using of_shard, middle, of_seq;
      if probe.covered then hit := probe.entry; high := middle - 1; else low := probe.entry + 1; end if;
    end loop;
    if hit is not null then
      if hit = oldest then return; end if;
      return query execute format('select epoch::float8, at::float8, member_id, code_version, in_cursor::float8, in_ahead,
        out_cursor::float8, out_ahead from ${s}.journal_%s where shard = $1 and entry = $2', part) using of_shard, hit;
      return;
    end if;
  end loop;
end $$;
`;
}

function shardFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.shard_progress(only_shards int[])
returns table (shard int, in_cursor float8, in_ahead text, out_cursor float8, out_ahead text) language plpgsql stable as $$
begin
  return query execute format('select j.shard, j.in_cursor::float8, j.in_ahead, j.out_cursor::float8, j.out_ahead
    from unnest($1) s cross join lateral (select * from ${s}.journal_%s j where j.shard = s order by entry desc limit 1) j',
    (select max(segment) from ${s}.segments)) using only_shards;
end $$;

create function ${s}.shard_statuses()
returns table (shard int, epoch float8, owner text, in_head float8, out_head float8, in_cursor float8, out_cursor float8)
language plpgsql stable as $$
declare
  newest int := (select max(segment) from ${s}.segments);
  every int[] := array(select l.shard from ${s}.leases l);
begin
  return query select l.shard, l.epoch::float8, l.owner, i.head::float8, o.head::float8, p.in_cursor, p.out_cursor
    from ${s}.leases l join ${s}.heads('in', newest, every) i using (shard) join ${s}.heads('out', newest, every) o using (shard)
    join ${s}.shard_progress(every) p using (shard) order by l.shard;
end $$;
`;
}
