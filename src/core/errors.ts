/**
 * Errors: one class per remedy. `code` is stable and documented in docs/errors.md (a test requires each);
 * nobody ever matches a message's text. Expected outcomes are returned unions, not errors.
 */

export interface GodwitErrorOptions {
  /** May the same call succeed later, unchanged? */
  readonly retryable?: boolean;
  /** With `retryable`: how long to wait first, in ms. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The base of every error that Godwit throws. */
export class GodwitError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options: GodwitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The caller's input is wrong: `path` names the key, `expected` what it should be, `received` what came. Not retryable. */
export class InvalidInputError extends GodwitError {
  readonly path: string;
  readonly expected: string;

  constructor(path: string, expected: string, received: unknown) {
    super("invalid_input", `${path}: expected ${expected}, received ${describe(received)}`);
    this.path = path;
    this.expected = expected;
  }
}

/** A bound was reached; nothing was taken. Try again after `retryAfterMs`. */
export class BusyError extends GodwitError {
  constructor(what: string, retryAfterMs: number) {
    super("busy", `${what} is full; retry in ${retryAfterMs} ms`, { retryable: true, retryAfterMs });
  }
}

/** Somebody with a newer epoch owns what the caller thought was its own; nothing was written. */
export class FencedError extends GodwitError {
  readonly shards: readonly number[];

  constructor(shards: readonly number[]) {
    super("fenced", `lease lost on shard ${shards.join(", ")}: a newer owner has taken over`);
    this.shards = shards;
  }
}

/** The store could not be reached or failed for a passing reason; nothing is known to have been written. */
export class StoreUnavailableError extends GodwitError {
  constructor(message: string, cause?: unknown) {
    super("store_unavailable", message, { retryable: true, retryAfterMs: 1_000, cause });
  }
}

/** The answer did not come in time. What was asked may still happen. */
export class DeadlineError extends GodwitError {
  constructor(what: string, deadlineMs: number) {
    super("deadline_exceeded", `${what} did not answer within ${deadlineMs} ms`, { retryable: true });
  }
}

/** The configuration or the app file is wrong; the node does not start. */
export class ConfigError extends GodwitError {
  constructor(message: string, cause?: unknown) {
    super("config", message, { cause });
  }
}

/** A short description of any value for an error message, at most 80 characters. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Any thrown value as an `Error`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`non-error thrown: ${describe(thrown)}`);
}
