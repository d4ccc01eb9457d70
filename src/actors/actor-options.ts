import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Duration } from "../core/index.ts";
import type { ActorContext } from "./context.ts";

/** Errors for which another try is pointless: classes, stable codes, or a test of your own. */
export type NonRetryable = readonly (string | (new (...args: never[]) => Error))[] | ((error: Error) => boolean);

export interface ActorOptions<State, Message> {
  /** The state of a key that has none yet. Must be a JSON value. Without it the actor is stateless. */
  initial?(key: string): State;
  /** Handles one message. Throwing means: try again later. One message of a key at a time, in order. */
  receive(message: Message, ctx: ActorContext<State>): void | Promise<void>;
  /** Messages are checked against it where they are sent, and again (with its conversions) before they are handled. */
  readonly message?: StandardSchemaV1<unknown, Message>;
  /** The state is checked against it before it is committed, and after a migration. */
  readonly state?: StandardSchemaV1<unknown, State>;
  /** Version of the state's shape. Default 1. Raise it together with `migrate`. */
  readonly version?: number;
  /** Brings a state of an older version up to `version`. Throwing parks the key; nothing is overwritten. */
  migrate?(state: unknown, fromVersion: number): State;
  /** Tries in all. Default 10. */
  readonly attempts?: number;
  /** Between tries: full jitter up to `base` · 2ⁿ, at most `cap`. Default 200 ms and 1 minute. */
  readonly backoff?: { readonly base?: Duration; readonly cap?: Duration };
  readonly nonRetryable?: NonRetryable;
  /** For one try. Default 30 s. */
  readonly timeout?: Duration;
  /** After the last try: later messages of the key go on, or wait for a person. Default `continue`. */
  readonly onDead?: "continue" | "halt";
  /** Keys that one worker handles at once. Default 1,000. */
  readonly concurrency?: number;
}
