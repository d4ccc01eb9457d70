import {
  type ErrorFilter,
  type ErrorGroup,
  type ErrorNews,
  type ErrorNote,
  type ErrorState,
  MAX_ERROR_GROUPS,
  type Page,
  type PageRequest,
  positionOf,
} from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

const COLUMNS = `fingerprint, title, state, count, first_at as firstAtMs, last_at as lastAtMs, first_version as firstVersion,
  last_version as lastVersion, sample, regressions`;

/** In the caller's write transaction. */
export function noteErrors(db: SqliteDatabase, notes: readonly ErrorNote[]): readonly ErrorNews[] {
  const news = notes.map((note): ErrorNews => {
    const earlier = findError(db, note.fingerprint);
    db.statement(
      `insert into godwit_errors values (?1, ?2, 'open', ?3, ?4, ?5, ?6, ?6, ?7, 0)
       on conflict (fingerprint) do update set title = excluded.title, count = count + excluded.count,
         last_at = max(last_at, excluded.last_at), last_version = excluded.last_version, sample = excluded.sample,
         regressions = regressions + (state = 'resolved'), state = iif(state = 'resolved', 'open', state)`,
    ).run(note.fingerprint, note.title, note.count, note.firstAtMs, note.lastAtMs, note.codeVersion, note.sample);
    if (!earlier) return "first";
    return earlier.state === "resolved" ? "regression" : null;
  });
  db.statement(
    `delete from godwit_errors where fingerprint in
       (select fingerprint from godwit_errors order by last_at desc limit -1 offset ?)`,
  ).run(MAX_ERROR_GROUPS);
  return news;
}

export function listErrors(db: SqliteDatabase, filter: ErrorFilter, request: PageRequest): Page<ErrorGroup> {
  const [at, fingerprint] = positionOf(request, BEGINNING) as typeof BEGINNING;
  const rows = db
    .statement<ErrorGroup>(
      `select ${COLUMNS} from godwit_errors where (last_at, fingerprint) < (?1, ?2) and (?3 is null or state = ?3)
       order by last_at desc, fingerprint desc limit ?4`,
    )
    .all(at, fingerprint, filter.state ?? null, request.limit + 1);
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  const more = rows.length > request.limit && last !== undefined;
  return { rows: shown, ...(more && { next: JSON.stringify([last.lastAtMs, last.fingerprint]) }) };
}

export function findError(db: SqliteDatabase, fingerprint: string): ErrorGroup | undefined {
  const found = db.statement<ErrorGroup>(`select ${COLUMNS} from godwit_errors where fingerprint = ?`).get(fingerprint);
  return found ?? undefined;
}

export function decideError(db: SqliteDatabase, fingerprint: string, state: ErrorState): boolean {
  return db.statement("update godwit_errors set state = ? where fingerprint = ?").run(state, fingerprint).changes > 0;
}

/** Behind every fingerprint, which are hexadecimal digits. */
const BEGINNING: readonly [number, string] = [Number.MAX_SAFE_INTEGER, "~"];
