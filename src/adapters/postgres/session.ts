/**
 * The pool of connections, and the three ways to use it:
 * - `rows`: one statement, its own transaction, one round trip. The hot path: our functions in the schema do the rest.
 * - `flight`: several statements known beforehand, one transaction, sent without waiting for each other's answers. While the server
 *   works through them this process may be stopped or die, and no lock outlives the flight: its COMMIT is already there.
 * - `transaction`: statements that depend on each other's answers. A process stopped in the middle keeps its locks at most
 *   `IDLE_IN_TRANSACTION_MS`, then the server ends the session.
 *
 * States of a connection: Bun's (connecting, idle, running, closed). A closed one is replaced at the next use; nothing here has to be
 * told of a restarted server. Nothing survives a crash here, nothing needs to.
 */
import { type ReservedSQL, SQL } from "bun";
import { ConfigError, SECOND } from "../../core/index.ts";
import type { SqlStatement, SqlValue } from "../../store/index.ts";
import { wasNotBegun } from "./postgres-errors.ts";

const IDLE_IN_TRANSACTION_MS = 10_000;
/** How often a statement that was certainly not begun is sent again: once a connection of the pool may be stale. */
const MAX_STALE = 20;

export interface SessionOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
}

export type Param = SqlValue | ReturnType<SQL["array"]>;
export type Row = Readonly<Record<string, unknown>>;

/** A statement of ours, with numbered parameters. */
export interface Call {
  readonly text: string;
  readonly params: readonly Param[];
}

/** One statement of a flight: ours, or a user's. */
export type FlightStatement = Call | SqlStatement;

/** How a flight ended: the rows of each statement, or the place of the first that was refused (−1: opening, `length`: COMMIT). */
export type FlightResult =
  | { readonly kind: "landed"; readonly rows: readonly (readonly Row[])[] }
  | { readonly kind: "refused"; readonly at: number; readonly thrown: unknown };

/** Runs statements of a transaction, one by one. */
export interface Transaction {
  rows<T = Row>(text: string, params?: readonly Param[]): Promise<readonly T[]>;
  /** A user's statement. */
  run(statement: SqlStatement): Promise<void>;
}

export class Session {
  readonly description: string;
  readonly #sql: SQL;

  constructor({ url, applicationName, maxConnections, connectTimeoutMs }: SessionOptions) {
    this.description = describeUrl(url);
    this.#sql = new SQL(url, {
      max: maxConnections,
      connectionTimeout: connectTimeoutMs / SECOND,
      bigint: true,
      connection: {
        application_name: applicationName,
        // What is promised must not depend on how somebody has configured the database or the role.
        synchronous_commit: "on",
        default_transaction_isolation: "read committed",
        idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
        // Our statements are many and small; compiling one costs more than it can save.
        jit: "off",
      },
    });
  }

  /** All methods throw what the driver throws; `postgres-errors.ts` tells what it means. */
  rows<T = Row>(text: string, params: readonly Param[] = []): Promise<readonly T[]> {
    return unlessStale(() => this.#sql.unsafe<T[]>(text, [...params]));
  }

  async flight(statements: readonly FlightStatement[], begin = "begin"): Promise<FlightResult> {
    for (let stale = 0; ; stale++) {
      const result = await this.#flyOnce(statements, begin);
      if (result.kind === "landed" || stale >= MAX_STALE || !wasNotBegun(result.thrown)) return result;
    }
  }

  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return unlessStale(async () => {
      let result: { readonly value: T } | undefined;
      await this.#sql.begin(async (sql) => {
        result = { value: await work(transactionOn(sql)) };
      });
      return (result as { readonly value: T }).value;
    });
  }

  ints(values: readonly (number | null)[]): Param {
    return this.#sql.array([...values], "INT");
  }

  bigints(values: readonly (number | null)[]): Param {
    return this.#sql.array([...values], "BIGINT");
  }

  texts(values: readonly (string | null)[]): Param {
    return this.#sql.array([...values], "TEXT");
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#sql.close();
  }

  async #flyOnce(statements: readonly FlightStatement[], begin: string): Promise<FlightResult> {
    let connection: ReservedSQL;
    try {
      connection = await this.#sql.reserve();
    } catch (thrown) {
      return { kind: "refused", at: -1, thrown };
    }
    try {
      const sent = [
        connection.unsafe(begin).execute(),
        ...statements.map((statement) => send(connection, statement)),
        connection.unsafe("commit").execute(),
      ];
      const answers = await Promise.allSettled(sent);
      const refused = answers.findIndex(({ status }) => status === "rejected");
      const answer = answers[refused];
      if (answer?.status === "rejected") return { kind: "refused", at: refused - 1, thrown: answer.reason };
      const rows = answers.map((settled) => (settled.status === "fulfilled" ? (settled.value as readonly Row[]) : []));
      return { kind: "landed", rows: rows.slice(1, -1) };
    } finally {
      await connection.release();
    }
  }
}

function transactionOn(sql: SQL): Transaction {
  return {
    rows: (text, params = []) => sql.unsafe(text, [...params]),
    run: async (statement) => void (await send(sql, statement)),
  };
}

/** Sends without waiting. A user's statement goes as a template: always a prepared statement, exactly one whatever its text holds. */
function send(connection: SQL, statement: FlightStatement): Promise<unknown> {
  if ("params" in statement) return connection.unsafe(statement.text, [...statement.params]).execute();
  const text = Object.defineProperty([...statement.text], "raw", { value: statement.text });
  return connection(text as unknown as TemplateStringsArray, ...statement.values).execute();
}

/** A pool may hold connections that the server has ended meanwhile (a restart): passes over each of them once. */
async function unlessStale<T>(work: () => Promise<T>): Promise<T> {
  for (let stale = 0; ; stale++) {
    try {
      return await work();
    } catch (thrown) {
      if (stale >= MAX_STALE || !wasNotBegun(thrown)) throw thrown;
    }
  }
}

/** The address without user and password. @throws ConfigError when it is no PostgreSQL URL. */
export function describeUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new ConfigError("store: expected postgres://user:password@host:port/database");
  }
  return `postgres://${parsed.host}${parsed.pathname}`;
}
