/**
 * One connection to the file, and who may write through it when.
 *
 * Several processes write to one file, and SQLite admits one writer at a time. This process never waits for another one's lock inside
 * SQLite (that would block the event loop): it tries, and tries again a little later. Writes of this process form a queue, so that
 * only its head competes, and processes take turns (see `turnstile.ts`). A transaction runs from BEGIN to COMMIT without an `await`: no
 * read of this process falls into it.
 *
 * States: open → closed. A crash leaves no lock behind (the kernel drops them) and no half transaction (the WAL has no commit frame for it).
 */
import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { SECOND, StoreUnavailableError } from "../../core/index.ts";
import { isBusy, openingError, transactionError } from "./sqlite-errors.ts";
import { Turnstile } from "./turnstile.ts";

/** A file that stays locked for this long is given up, as a passing fault. */
const LOCK_TIMEOUT_MS = 10 * SECOND;
/**
 * Pause between tries for the lock: the finest that timers do. Trying at every turn of the event loop instead gained nothing and took the
 * CPU from the process that held the lock.
 */
const LOCK_RETRY_MS = 1;
/**
 * WAL pages (4 KiB) before a commit copies them into the database file. The copying takes its process about 3 ms a thousand pages: more
 * of them save some percent of throughput, and show as latency.
 */
const CHECKPOINT_PAGES = 4_000;
/** A batch that changes more pages than the cache holds would write some of them twice. */
const CACHE_KIB = 16 * 1024;

export type Row = Record<string, SQLQueryBindings>;
export type SqliteStatement<Result = Row> = Statement<Result, SQLQueryBindings[]>;

export class SqliteDatabase {
  readonly path: string;
  readonly #connection: Database;
  /** Absent for a database in memory, which nobody shares. */
  readonly #turnstile: Turnstile | undefined;
  readonly #statements = new Map<string, SqliteStatement<unknown>>();
  #writes: Promise<unknown> = Promise.resolve();

  private constructor(path: string, connection: Database, turnstile: Turnstile | undefined) {
    this.path = path;
    this.#connection = connection;
    this.#turnstile = turnstile;
  }

  /** @throws ConfigError when the path can never work, StoreUnavailableError when it may later. */
  static async open(path: string): Promise<SqliteDatabase> {
    let connection: Database | undefined;
    try {
      const opened = new Database(path, { create: true, strict: true });
      connection = opened;
      await whenUnlocked(path, () => opened.run("pragma journal_mode = wal"));
      opened.run("pragma synchronous = full");
      opened.run(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      opened.run(`pragma cache_size = -${CACHE_KIB}`);
      opened.run("pragma foreign_keys = on");
      opened.run("pragma temp_store = memory");
      const turnstile = path === ":memory:" ? undefined : await whenUnlocked(path, () => new Turnstile(`${path}-turn`));
      return new SqliteDatabase(path, opened, turnstile);
    } catch (thrown) {
      connection?.close();
      throw openingError(path, thrown);
    }
  }

  /** The prepared statement of our own `sql`, compiled once. */
  statement<Result = Row>(sql: string): SqliteStatement<Result> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare<unknown, SQLQueryBindings[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement as SqliteStatement<Result>;
  }

  /** A statement that is not kept. */
  prepare<Result = Row>(sql: string): SqliteStatement<Result> {
    return this.#connection.prepare<Result, SQLQueryBindings[]>(sql);
  }

  /** Runs any number of statements, without results. */
  exec(sql: string): void {
    this.#connection.run(sql);
  }

  /** Forgets the statements that name one of these tables, so that it can be dropped. */
  forget(tables: readonly string[]): void {
    for (const [sql, statement] of this.#statements) {
      if (!tables.some((table) => sql.includes(table))) continue;
      statement.finalize();
      this.#statements.delete(sql);
    }
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** Runs `work` as one durable transaction, in turn with the others of this process. All of it, or on a throw nothing. */
  async write<T>(work: () => T): Promise<T> {
    const turn = this.#writes
      .then(() => whenUnlocked(this.path, () => this.#transactInTurn(work)))
      .finally(() => this.#turnstile?.give());
    this.#writes = turn.catch(() => undefined);
    return this.#translated(turn);
  }

  /** Runs `work` on one snapshot of what is committed. */
  async read<T>(work: () => T): Promise<T> {
    return this.#translated(whenUnlocked(this.path, () => this.#transact("begin", work)));
  }

  /** Resolves when no write is under way any more. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#connection.close();
    this.#turnstile?.close();
  }

  /** Keeps the turn when the file is locked, so as to be next; whoever ends the wait gives it back. */
  #transactInTurn<T>(work: () => T): T {
    this.#turnstile?.take();
    return this.#transact("begin immediate", () => {
      this.#turnstile?.give();
      return work();
    });
  }

  #transact<T>(begin: string, work: () => T): T {
    this.statement(begin).run();
    try {
      const result = work();
      this.statement("commit").run();
      return result;
    } catch (thrown) {
      if (this.#connection.inTransaction) this.statement("rollback").run();
      throw thrown;
    }
  }

  async #translated<T>(turn: Promise<T>): Promise<T> {
    try {
      return await turn;
    } catch (thrown) {
      throw transactionError(this.path, thrown);
    }
  }
}

/** Calls `work` until it does not meet another process's lock; gives up after `LOCK_TIMEOUT_MS`. */
async function whenUnlocked<T>(path: string, work: () => T): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!isBusy(thrown)) throw thrown;
      if (performance.now() - startedAt > LOCK_TIMEOUT_MS) {
        throw new StoreUnavailableError(`${path} has been locked by another process for ${LOCK_TIMEOUT_MS} ms`, thrown);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
}
