import type { SQLQueryBindings } from "bun:sqlite";
import { InvalidInputError } from "../../core/index.ts";
import type { SqlStatement, SqlValue } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

/** Statements that would end our transaction, or change the connection under it. */
const REFUSED = /^(begin|commit|end|rollback|savepoint|release|pragma|attach|detach|vacuum)\b/i;
/** Blanks and comments before a statement. */
const LEADING = /^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/|;)+/;

/** The users' own SQL, in the same database, so that it commits with the state. */
export class UserSql {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** Runs one statement in the caller's transaction. Throws what SQLite says of it. */
  run(statement: SqlStatement): void {
    const prepared = this.#prepare(statement);
    try {
      prepared.all(...statement.values.map(toBinding));
    } finally {
      prepared.finalize();
    }
    if (!this.#db.inTransaction) throw new InvalidInputError("sql", "a statement that leaves the transaction open", "");
  }

  query(statement: SqlStatement): readonly Record<string, unknown>[] {
    const prepared = this.#prepare(statement);
    try {
      if (!prepared.readonly) throw new InvalidInputError("sql", "a statement that only reads", textOf(statement));
      prepared.safeIntegers(true);
      return prepared.all(...statement.values.map(toBinding)).map(fromRow);
    } finally {
      prepared.finalize();
    }
  }

  #prepare(statement: SqlStatement) {
    const text = textOf(statement);
    refuseControl(text);
    return this.#db.prepare<Record<string, unknown>>(text);
  }
}

/** Runs a set-up statement unless it ran before, in the caller's write transaction. */
export function setUpOnce(db: SqliteDatabase, statement: string, nowMs: number): void {
  if (db.statement("select 1 from godwit_set_up where statement = ?").get(statement)) return;
  refuseControl(statement);
  db.exec(statement);
  if (!db.inTransaction) throw new InvalidInputError("set-up", "statements that leave the transaction open", statement);
  db.statement("insert into godwit_set_up values (?, ?)").run(statement, nowMs);
}

/** @throws InvalidInputError when the text would take hold of the transaction or the connection. */
export function refuseControl(text: string): void {
  if (REFUSED.test(text.replace(LEADING, ""))) {
    throw new InvalidInputError("sql", "a statement that does not control transactions or the connection", text);
  }
}

function textOf({ text }: SqlStatement): string {
  return text.join("?");
}

function toBinding(value: SqlValue): SQLQueryBindings {
  return value instanceof Date ? value.toISOString() : value;
}

/** 64-bit integers that a number holds become numbers; larger ones stay `bigint`. */
function fromRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, narrowed(value)]));
}

function narrowed(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
