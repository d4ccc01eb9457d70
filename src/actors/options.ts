import { type Duration, describe, GodwitError, InvalidInputError, MINUTE, toMs } from "../core/index.ts";
import type { RetryPolicy, StateCodec } from "../lanes/index.ts";
import type { ActorOptions, NonRetryable } from "./actor-options.ts";
import { checkSchema, SchemaError } from "./schema.ts";

const DEFAULT_ATTEMPTS = 10;
const DEFAULT_BACKOFF = { baseMs: 200, capMs: MINUTE };
const MAX_BACKOFF = "7 days";

/** How an actor's failures are tried again. What was refused as wrong input will be wrong the next time too. */
export function retryPolicy<State, Message>(path: string, options: ActorOptions<State, Message>): RetryPolicy {
  const { backoff, nonRetryable } = options;
  const isHopeless = nonRetryableTest(`${path}: nonRetryable`, nonRetryable);
  return {
    attempts: integerOption(`${path}: attempts`, options.attempts ?? DEFAULT_ATTEMPTS, 1_000),
    backoff: {
      baseMs: durationOption(`${path}: backoff.base`, backoff?.base ?? DEFAULT_BACKOFF.baseMs, MAX_BACKOFF),
      capMs: durationOption(`${path}: backoff.cap`, backoff?.cap ?? DEFAULT_BACKOFF.capMs, MAX_BACKOFF),
    },
    retryable: (error) => !(error instanceof InvalidInputError || error instanceof SchemaError || isHopeless(error)),
  };
}

function nonRetryableTest(path: string, nonRetryable: NonRetryable | undefined): (error: Error) => boolean {
  if (nonRetryable === undefined) return () => false;
  if (typeof nonRetryable === "function") return nonRetryable;
  if (!Array.isArray(nonRetryable) || !nonRetryable.every((kind) => ["string", "function"].includes(typeof kind))) {
    throw new InvalidInputError(
      path,
      "a list of error classes and codes, or a function (error) => boolean",
      nonRetryable,
    );
  }
  return (error) =>
    nonRetryable.some((kind) => (typeof kind === "string" ? codeOf(error) === kind : error instanceof kind));
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

/** How the state of an actor is made, migrated and checked; undefined for a stateless one. */
export function stateCodec<State, Message>(
  path: string,
  options: ActorOptions<State, Message>,
): StateCodec<State> | undefined {
  const { initial, migrate, state: schema } = options;
  if (!initial) return undefined;
  return {
    version: integerOption(`${path}: version`, options.version ?? 1, Number.MAX_SAFE_INTEGER),
    initial: (key) => initial.call(options, key),
    migrate(state, fromVersion) {
      if (migrate) return migrate.call(options, state, fromVersion);
      throw new GodwitError("state_unmigratable", `${path} has no migrate for states of version ${fromVersion}`);
    },
    validate(state) {
      if (schema) checkSchema(schema, state, `${path}: state`);
      return state as State;
    },
  };
}

export function integerOption(path: string, value: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw new InvalidInputError(path, `a whole number from 1 to ${most}`, value);
}

export function durationOption(path: string, value: Duration, most: string): number {
  const ms = toMs(value, path);
  if (ms >= 1 && ms <= toMs(most)) return ms;
  throw new InvalidInputError(path, `1 ms to ${most}`, describe(value));
}
