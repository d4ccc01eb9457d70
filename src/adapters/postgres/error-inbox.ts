import {
  type ErrorFilter,
  type ErrorGroup,
  type ErrorInboxStore,
  type ErrorNews,
  type ErrorNote,
  type ErrorState,
  MAX_ERROR_GROUPS,
  type Page,
  type PageRequest,
  positionOf,
} from "../../store/index.ts";
import type { Session } from "./session.ts";

const COLUMNS = `fingerprint, title, state, count::float8, first_at::float8 as "firstAtMs", last_at::float8 as "lastAtMs",
  first_version as "firstVersion", last_version as "lastVersion", sample, regressions`;

export function errorTable(s: string): string {
  return `
create table ${s}.errors (
  fingerprint text collate "C" primary key, title text not null, state text not null, count bigint not null,
  first_at bigint not null, last_at bigint not null, first_version text not null, last_version text not null,
  sample text not null, regressions int not null);
create index on ${s}.errors (last_at, fingerprint);
`;
}

export class ErrorInbox implements ErrorInboxStore {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  /** In the order of their fingerprints, so that two nodes that note the same do not wait for each other in a circle. */
  noteErrors(notes: readonly ErrorNote[]): Promise<readonly ErrorNews[]> {
    const s = this.#schema;
    const sorted = [...notes.entries()].sort(([, a], [, b]) => (a.fingerprint < b.fingerprint ? -1 : 1));
    return this.#session.transaction(async ({ rows }) => {
      const news: ErrorNews[] = [];
      for (const [i, note] of sorted) {
        const { fingerprint, title, count, firstAtMs, lastAtMs, codeVersion, sample } = note;
        const [noted] = await rows<{ earlier: ErrorState | null }>(
          `with earlier as (select state from ${s}.errors where fingerprint = $1 for update),
           written as (
             insert into ${s}.errors as e values ($1, $2, 'open', $3::bigint, $4::bigint, $5::bigint, $6, $6, $7, 0)
             on conflict (fingerprint) do update set title = excluded.title, count = e.count + excluded.count,
               last_at = greatest(e.last_at, excluded.last_at), last_version = excluded.last_version,
               sample = excluded.sample, regressions = e.regressions + (e.state = 'resolved')::int,
               state = case e.state when 'resolved' then 'open' else e.state end)
           select (select state from earlier) as earlier`,
          [fingerprint, title, count, firstAtMs, lastAtMs, codeVersion, sample],
        );
        news[i] = newsOf(noted?.earlier ?? null);
      }
      await rows(
        `delete from ${s}.errors where fingerprint in (select fingerprint from ${s}.errors order by last_at desc offset $1::int)`,
        [MAX_ERROR_GROUPS],
      );
      return news;
    });
  }

  async errors(filter: ErrorFilter, request: PageRequest): Promise<Page<ErrorGroup>> {
    const [at, fingerprint] = positionOf(request, BEGINNING) as typeof BEGINNING;
    const rows = await this.#session.rows<ErrorGroup>(
      `select ${COLUMNS} from ${this.#schema}.errors e
       where (e.last_at, fingerprint) < ($1::bigint, $2::text) and ($3::text is null or state = $3)
       order by e.last_at desc, fingerprint desc limit $4::int`,
      [at, fingerprint, filter.state ?? null, request.limit + 1],
    );
    const shown = rows.slice(0, request.limit);
    const last = shown.at(-1);
    const more = rows.length > request.limit && last !== undefined;
    return { rows: shown, ...(more && { next: JSON.stringify([last.lastAtMs, last.fingerprint]) }) };
  }

  async error(fingerprint: string): Promise<ErrorGroup | undefined> {
    const [row] = await this.#session.rows<ErrorGroup>(
      `select ${COLUMNS} from ${this.#schema}.errors where fingerprint = $1`,
      [fingerprint],
    );
    return row;
  }

  async decideError(fingerprint: string, state: ErrorState): Promise<boolean> {
    const rows = await this.#session.rows(
      `update ${this.#schema}.errors set state = $1 where fingerprint = $2 returning fingerprint`,
      [state, fingerprint],
    );
    return rows.length > 0;
  }
}

function newsOf(earlier: ErrorState | null): ErrorNews {
  if (earlier === null) return "first";
  return earlier === "resolved" ? "regression" : null;
}

/** Behind every fingerprint, which are hexadecimal digits. */
const BEGINNING: readonly [number, string] = [Number.MAX_SAFE_INTEGER, "~"];
