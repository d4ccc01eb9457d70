import { SQLiteError } from "bun:sqlite";
import { ConfigError, GodwitError, StoreUnavailableError, toError } from "../../core/index.ts";

/** Is the database locked by another process just now? Trying again is right. */
export function isBusy(thrown: unknown): boolean {
  return thrown instanceof SQLiteError && (thrown.code?.startsWith("SQLITE_BUSY") ?? false);
}

/** Does the fault lie with the disk or the file, and not with the statement that met it? */
export function isStorageFault(thrown: unknown): boolean {
  if (!(thrown instanceof SQLiteError)) return false;
  return /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|PROTOCOL|BUSY)/.test(thrown.code ?? "");
}

/** Did a foreign key that is checked at the end of the transaction turn out broken? */
export function isForeignKeyFault(thrown: unknown): thrown is SQLiteError {
  return thrown instanceof SQLiteError && thrown.code === "SQLITE_CONSTRAINT_FOREIGNKEY";
}

/** What a failed opening means for the person who configured the path. */
export function openingError(path: string, thrown: unknown): Error {
  if (thrown instanceof GodwitError) return thrown;
  const code = thrown instanceof SQLiteError ? thrown.code : undefined;
  if (code === "SQLITE_NOTADB") return new ConfigError(`${path} is not a SQLite database`, thrown);
  if (code?.startsWith("SQLITE_CANTOPEN")) {
    return new ConfigError(`${path} cannot be opened: the folder must exist and be writable`, thrown);
  }
  if (code?.startsWith("SQLITE_READONLY")) return new ConfigError(`${path} is not writable`, thrown);
  return new StoreUnavailableError(`${path}: ${toError(thrown).message}`, thrown);
}

/** What a failed transaction means for its caller: our own errors as they are, all else a passing fault of the store. */
export function transactionError(path: string, thrown: unknown): Error {
  if (thrown instanceof GodwitError) return thrown;
  if (isStorageFault(thrown)) return new StoreUnavailableError(`${path}: ${toError(thrown).message}`, thrown);
  return toError(thrown);
}
