import type { StateRecord, StateWrite } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

export interface StateRow {
  readonly target: string;
  readonly key: string;
  readonly body: string;
  readonly version: number;
  readonly updated_at: number;
}

export function toState({ target, key, body, version, updated_at }: StateRow): StateRecord {
  return { target, key, body, version, updatedAtMs: updated_at };
}

export function writeState(db: SqliteDatabase, { target, key, body, version }: StateWrite, nowMs: number): void {
  if (body === null) {
    db.statement("delete from godwit_states where target = ? and key = ?").run(target, key);
    return;
  }
  db.statement(
    `insert into godwit_states values (?, ?, ?, ?, ?) on conflict (target, key)
     do update set body = excluded.body, version = excluded.version, updated_at = excluded.updated_at`,
  ).run(target, key, body, version, nowMs);
}

export function readStates(
  db: SqliteDatabase,
  ids: readonly Pick<StateRecord, "target" | "key">[],
): readonly (StateRecord | undefined)[] {
  const find = db.statement<StateRow>("select * from godwit_states where target = ? and key = ?");
  return ids.map(({ target, key }) => {
    const row = find.get(target, key);
    return row ? toState(row) : undefined;
  });
}
