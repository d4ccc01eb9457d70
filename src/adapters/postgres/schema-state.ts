import type { SchemaNames } from "./names.ts";

/** Functions of leases and states. */
export function leaseFunctions({ schema: s, locks }: SchemaNames): string {
  return `
create function ${s}.heartbeat(id text, of_node text, ttl_ms float8) returns table (live int, shard int, epoch float8) language plpgsql as $$
begin
  insert into ${s}.members (member_id, node, expires_at) values (id, of_node, clock_timestamp() + ttl_ms * interval '1 ms')
    on conflict (member_id) do update set node = excluded.node, expires_at = excluded.expires_at;
  return query select (select count(*)::int from ${s}.members where expires_at > clock_timestamp()), l.shard, l.epoch::float8
    from (select 1) one left join ${s}.leases l on l.owner = id order by l.shard;
end $$;

create function ${s}.acquire(id text, most int, among int[]) returns table (shard int, epoch float8) language plpgsql as $$
declare free int;
begin
  if not exists (select from ${s}.members m where m.member_id = id and m.expires_at > clock_timestamp()) then return; end if;
  for free in
    select l.shard from ${s}.leases l left join ${s}.members m on m.member_id = l.owner
      where (m.expires_at is null or m.expires_at <= clock_timestamp()) and (among is null or l.shard = any (among))
      order by l.shard
  loop
    exit when most <= 0;
    -- A commit under way, or another taker: left for the next time, so that taking never waits.
    continue when not pg_try_advisory_xact_lock(${locks.fence}, free);
    return query update ${s}.leases l set epoch = l.epoch + 1, owner = id where l.shard = free and not exists (
        select from ${s}.members m where m.member_id = l.owner and m.expires_at > clock_timestamp())
      returning l.shard, l.epoch::float8;
    if found then most := most - 1; end if;
  end loop;
end $$;

create function ${s}.evict(id text, shards int[], streams text[], seqs bigint[]) returns void language plpgsql as $$
begin
  delete from ${s}.members where member_id = id;
  if not found then return; end if;
  update ${s}.leases set owner = null where owner = id;
  insert into ${s}.suspects (shard, stream, seq, crashes)
    select distinct r.shard, r.stream, r.seq, 1 from unnest(shards, streams, seqs) r(shard, stream, seq)
    on conflict (shard, stream, seq) do update set crashes = ${s}.suspects.crashes + 1;
end $$;
`;
}

/**
 * `newest_states` is the newest row of each wanted key in any state part or, failing that, in `states`. A row without a body says
 * that the state was deleted.
 */
export function stateFunctions({ schema: s }: SchemaNames): string {
  return `
create function ${s}.newest_states(targets text[], keys text[])
returns table (ord int, body text, version int, updated_at float8) language plpgsql stable as $$
declare layers text;
begin
  select string_agg(format('(select body, version, updated_at, %1$s as part from ${s}.state_log_%1$s l
      where l.key = u.key and l.target = u.target order by l.entry desc limit 1)', part), ' union all ') into layers from ${s}.state_parts;
  return query execute 'select u.ord::int, n.body, n.version, n.updated_at::float8
    from unnest($1, $2) with ordinality u(target, key, ord) cross join lateral (select * from (' || layers || '
      union all (select body, version, updated_at, 0 from ${s}.states t where t.target = u.target and t.key = u.key)) a
      order by part desc limit 1) n where n.body is not null' using targets, keys;
end $$;

create function ${s}.list_states(of_target text, prefix text, after_key text, most int)
returns table (key text, body text, version int, updated_at float8) language plpgsql stable as $$
declare layers text;
begin
  select string_agg(format('select key, body, version, updated_at, %1$s as part, entry from ${s}.state_log_%1$s
      where target = $1 and key >= $2 and key > $3 and starts_with(key, $2)', part), ' union all ') into layers from ${s}.state_parts;
  return query execute 'select key, body, version, updated_at::float8 from (
      select distinct on (key) * from (' || layers || ' union all select key, body, version, updated_at, 0, 0 from ${s}.states
        where target = $1 and key >= $2 and key > $3 and starts_with(key, $2)) a order by key, part desc, entry desc) n
    where body is not null order by key limit $4' using of_target, prefix, after_key, most;
end $$;
`;
}
