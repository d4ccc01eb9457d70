/**
 * What pub/sub keeps in the database: who subscribes to what, and parcels too large for a notification. All of it unlogged: it costs no WAL,
 * and after a crash of the server the members write it again. In a schema of its own, beside the store's.
 */
import type { SQL } from "bun";
import { hash32 } from "../../core/index.ts";

/** A member not seen for so long is forgotten, with its subscriptions; a parcel is kept for so long. */
export const KEEP_SECONDS = 60;
/** Bytes of a notification that carries its parcel itself. PostgreSQL's limit is 8,000 (src/include/commands/async.h). */
export const MAX_INLINE_BYTES = 7_900;
export const CHANNEL_PREFIX = "godwit_";

const CREATE = `
create schema if not exists godwit_pubsub;
create unlogged table if not exists godwit_pubsub.members (
  member text primary key,
  seen_at timestamptz not null default now()
);
create unlogged table if not exists godwit_pubsub.subscriptions (
  topic_key text not null,
  member text not null references godwit_pubsub.members on delete cascade,
  primary key (topic_key, member)
);
create index if not exists subscriptions_by_member on godwit_pubsub.subscriptions (member);
create unlogged table if not exists godwit_pubsub.parcels (
  id bigint generated always as identity primary key,
  parcel text not null,
  stored_at timestamptz not null default now()
);
create index if not exists parcels_by_age on godwit_pubsub.parcels (stored_at);
`;

/** Makes the tables unless they are there; nodes that start together take turns. */
export async function createSchema(sql: SQL): Promise<void> {
  const [there] = await sql`select to_regclass('godwit_pubsub.parcels_by_age') is not null as complete`;
  if (there.complete) return; // A role that may not create is then enough.
  await sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(${hash32("godwit_pubsub:schema") | 0})`;
    await transaction.unsafe(CREATE);
  });
}

/**
 * Sends a batch: one notification a member that subscribes to any of it, holding all that is for it, in order.
 * $1 topic keys, $2 messages as JSON texts `[topic, message]`, $3 the sender, who hears nothing of it.
 */
export const PUBLISH: string = `
with outgoing as (
  select key, piece, place from unnest($1::text[], $2::text[]) with ordinality as o (key, piece, place)
), parcels as (
  select s.member, '[' || string_agg(o.piece, ',' order by o.place) || ']' as parcel
  from outgoing o join godwit_pubsub.subscriptions s on s.topic_key = o.key
  where s.member <> $3 group by s.member
), stored as (
  insert into godwit_pubsub.parcels (parcel)
  select distinct parcel from parcels where octet_length(parcel) > ${MAX_INLINE_BYTES} returning id, parcel
)
select pg_notify('${CHANNEL_PREFIX}' || p.member, coalesce('@' || s.id, p.parcel))
from parcels p left join stored s on s.parcel = p.parcel`;

/** $1 the member, $2 topic keys. */
export const SUBSCRIBE = `
with me as (insert into godwit_pubsub.members (member) values ($1) on conflict (member) do update set seen_at = now())
insert into godwit_pubsub.subscriptions (member, topic_key) select $1, unnest($2::text[]) on conflict do nothing`;

export const UNSUBSCRIBE = "delete from godwit_pubsub.subscriptions where member = $1 and topic_key = any ($2::text[])";

export const PARCEL = "select parcel from godwit_pubsub.parcels where id = $1::bigint";

/** A sign of life. No row: the member was forgotten. $1 the member. */
export const TOUCH = "update godwit_pubsub.members set seen_at = now() where member = $1 returning member";

export const LEAVE = "delete from godwit_pubsub.members where member = $1";

export const SWEEP: readonly string[] = [
  `delete from godwit_pubsub.members where seen_at < now() - interval '${KEEP_SECONDS} seconds'`,
  `delete from godwit_pubsub.parcels where stored_at < now() - interval '${KEEP_SECONDS} seconds'`,
];
