import type { SQLQueryBindings, Statement } from "bun:sqlite";
import { InvalidInputError } from "../../core/index.ts";
import type { SqlStatement, SqlValue } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { refuseControl, refuseSeveral } from "./user-sql-text.ts";

type UserRow = Record<string, unknown>;

/** Compiled statements that are kept; past it all are let go. */
const MAX_KEPT = 200;

/** The users' own SQL, in the same database, so that it commits with the state. */
export class UserSql {
  readonly #db: SqliteDatabase;
  readonly #kept = new Map<string, Statement<UserRow, SQLQueryBindings[]>>();

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** Runs one statement in the caller's write transaction. Throws what SQLite says of it. */
  run(statement: SqlStatement): void {
    this.#prepared(statement).all(...statement.values.map(toBinding));
    if (!this.#db.inTransaction) throw new InvalidInputError("sql", "a statement that leaves the transaction open", "");
  }

  /** Runs one statement that only reads. */
  query(statement: SqlStatement): readonly UserRow[] {
    const prepared = this.#prepared(statement);
    if (!prepared.readonly) throw new InvalidInputError("sql", "a statement that only reads", textOf(statement));
    return prepared.all(...statement.values.map(toBinding)).map(fromRow);
  }

  /** Runs a set-up statement unless it ran before, in the caller's write transaction. */
  setUp(statement: string, nowMs: number): void {
    if (this.#db.statement("select 1 from godwit_set_up where statement = ?").get(statement)) return;
    refuseControl(statement);
    this.#db.exec(statement);
    if (!this.#db.inTransaction) {
      throw new InvalidInputError("set-up", "statements that leave the transaction open", statement);
    }
    this.#db.statement("insert into godwit_set_up values (?, ?)").run(statement, nowMs);
  }

  /** How many rows break a foreign key. Reads every table that has one: for finding a culprit, not for every day. */
  brokenForeignKeys(): number {
    return this.#db.statement("pragma foreign_key_check").all().length;
  }

  close(): void {
    for (const statement of this.#kept.values()) statement.finalize();
    this.#kept.clear();
  }

  #prepared(statement: SqlStatement): Statement<UserRow, SQLQueryBindings[]> {
    const text = textOf(statement);
    const kept = this.#kept.get(text);
    if (kept) return kept;
    refuseControl(text);
    refuseSeveral(text);
    const prepared = this.#db.prepare<UserRow>(text);
    prepared.safeIntegers(true);
    if (this.#kept.size >= MAX_KEPT) this.close();
    this.#kept.set(text, prepared);
    return prepared;
  }
}

function textOf({ text }: SqlStatement): string {
  return text.join("?");
}

function toBinding(value: SqlValue): SQLQueryBindings {
  return value instanceof Date ? value.toISOString() : value;
}

/** 64-bit integers that a number holds become numbers; larger ones stay `bigint`. */
function fromRow(row: UserRow): UserRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, narrowed(value)]));
}

function narrowed(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
