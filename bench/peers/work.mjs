// The work of actors/workload.ts, for peers: the same keys and bodies; state and reply are written as one statement, or one a batch.

export const MESSAGE = { text: "x".repeat(181), n: 1 };

export function keyOf(i, keys) {
  return `key-${(i * 7_919) % keys}`;
}

/** Calls `append` with messages `{ i, key, text, n }`, `batch` at a time, until all are there. */
export async function bringAll({ messages, keys, batch }, append) {
  for (let first = 0; first < messages; first += batch) {
    const count = Math.min(batch, messages - first);
    await append(Array.from({ length: count }, (_, i) => ({ i: first + i, key: keyOf(first + i, keys), ...MESSAGE })));
  }
}

/** Counts what is handled before an earlier message of its key, or beside it. */
export class OrderWatch {
  misordered = 0;
  #last = new Map();

  started({ key, i }) {
    if (i < (this.#last.get(key) ?? -1)) this.misordered += 1;
    else this.#last.set(key, i);
  }
}

export const CREATE_TABLES = `
  create table state (key text primary key, count int not null) with (fillfactor = 70);
  create table outbox (seq bigint generated always as identity primary key, key text not null, body jsonb not null)`;

/** One message of one key, in one round trip. Parameters: key, n, the reply's text. */
export const HANDLE_ONE = `
  with changed as (
    insert into state values ($1, $2) on conflict (key) do update set count = state.count + excluded.count returning key, count)
  insert into outbox (key, body) select key, json_build_object('text', $3::text, 'n', count) from changed`;

/** One message each of many keys. Parameters: keys, ns, texts. */
export const HANDLE_MANY = `
  with given as (select * from unnest($1::text[], $2::int[], $3::text[]) as given (key, n, text)),
  changed as (
    insert into state select key, n from given
    on conflict (key) do update set count = state.count + excluded.count returning key, count)
  insert into outbox (key, body)
    select key, json_build_object('text', text, 'n', count) from given join changed using (key)`;
