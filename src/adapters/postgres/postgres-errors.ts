import { SQL } from "bun";
import { ConfigError, GodwitError, InvalidInputError, StoreUnavailableError, toError } from "../../core/index.ts";

/**
 * SQLSTATEs of a passing fault, whole classes by two letters: connection (08), rollback by deadlock or serialization (40), resources (53),
 * operator intervention (57), system (58), and single states: lock not available, a transaction left idle too long.
 */
const PASSING = /^(08|40|53|57|58|55P03$|25P03$)/;
/** What is wrong with the address, the rights or the database's existence: waiting does not help. */
const MISCONFIGURED = /^(28|3D000$|3F000$|42501$)/;
/** Nothing was and nothing will be written by the statement that got this answer: the server ended the session before, or instead. */
const NOT_BEGUN = /^57P01$/;

/** The SQLSTATE that the server answered; undefined when the failure is not an answer of the server. */
export function sqlState(thrown: unknown): string | undefined {
  return thrown instanceof SQL.PostgresError ? thrown.errno : undefined;
}

/** The detail that goes with it. */
export function sqlDetail(thrown: unknown): string {
  return (thrown instanceof SQL.PostgresError && thrown.detail) || "";
}

/** Did the connection fail, rather than the statement? Whether the statement was carried out is then not known. */
export function isConnectionLoss(thrown: unknown): boolean {
  return thrown instanceof SQL.PostgresError && thrown.errno === undefined && /CONNECTION|TIMEOUT/.test(thrown.code);
}

export function isPassing(thrown: unknown): boolean {
  return isConnectionLoss(thrown) || PASSING.test(sqlState(thrown) ?? "");
}

/** May the very same statement be sent again at once, on another connection? */
export function wasNotBegun(thrown: unknown): boolean {
  return NOT_BEGUN.test(sqlState(thrown) ?? "");
}

/** Was a table dropped, or a unique pair taken by another transaction, between our looking and our doing? Doing it again sees it. */
export function wasOvertaken(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === "42P01" || state === "23505";
}

/** A failure of our own statement, as the port promises it. */
export function storeError(description: string, thrown: unknown): Error {
  if (thrown instanceof GodwitError) return thrown;
  const { message } = toError(thrown);
  if (isPassing(thrown)) return new StoreUnavailableError(`${description}: ${message}`, thrown);
  if (MISCONFIGURED.test(sqlState(thrown) ?? "")) return new ConfigError(`${description}: ${message}`, thrown);
  if (sqlState(thrown) === "22021")
    return new InvalidInputError("text", "no NUL characters (PostgreSQL has none)", message);
  return new GodwitError("store_failed", `${description}: ${message}`, { cause: thrown });
}
