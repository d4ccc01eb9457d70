import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigError, InvalidInputError } from "../core/index.ts";
import type { RetryPolicy, StateCodec } from "../lanes/index.ts";
import type { ActorOptions } from "./actor-options.ts";
import type { ActorContext } from "./context.ts";
import { durationOption, integerOption, retryPolicy, stateCodec } from "./options.ts";
import { isSchema } from "./schema.ts";

const ACTOR: unique symbol = Symbol.for("godwit.actor");

/** A durable process per key, as defined by `actor()`: frozen data and handlers. */
export interface Actor<State = unknown, Message = unknown> {
  readonly [ACTOR]: true;
  readonly name: string;
  receive(message: Message, ctx: ActorContext<State>): void | Promise<void>;
  readonly message: StandardSchemaV1<unknown, Message> | undefined;
  readonly codec: StateCodec<State> | undefined;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly onDead: "continue" | "halt";
  readonly concurrency: number;
  /** The stack frame of its definition. */
  readonly definedAt: string;
}

/** Any actor, whatever its state and messages. */
export type AnyActor = Actor;

const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const MAX_TIMEOUT = "7 days";
const KNOWN = [
  "initial",
  "receive",
  "message",
  "state",
  "version",
  "migrate",
  "attempts",
  "backoff",
  "nonRetryable",
  "timeout",
  "onDead",
  "concurrency",
] as const satisfies readonly (keyof ActorOptions<unknown, unknown>)[];

/**
 * Defines an actor: a durable process per key, with a persistent mailbox and persistent state, that handles one message at a time, in order.
 * The state's type follows from `initial`, the message's from the `message` schema or from the annotation of `receive`'s parameter.
 *
 * ```ts
 * const counter = actor("counter", {
 *   initial: () => ({ count: 0 }),
 *   receive(message: { add: number }, ctx) {
 *     ctx.state.count += message.add;
 *   },
 * });
 * ```
 * @throws InvalidInputError when an option is of the wrong shape; ConfigError when options contradict each other.
 */
export function actor<State = undefined, Message = unknown>(
  name: string,
  options: ActorOptions<State, Message>,
): Actor<State, Message> {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new InvalidInputError("actor name", 'a letter, then up to 63 letters, digits, "_", "." or "-"', name);
  }
  const path = `actor ${name}`;
  checkShape(path, options);
  return Object.freeze({
    [ACTOR]: true as const,
    name,
    receive: options.receive,
    message: options.message,
    codec: stateCodec(path, options),
    retry: retryPolicy(path, options),
    timeoutMs: durationOption(`${path}: timeout`, options.timeout ?? "30 s", MAX_TIMEOUT),
    onDead: options.onDead ?? "continue",
    concurrency: integerOption(`${path}: concurrency`, options.concurrency ?? 1_000, 100_000),
    definedAt: callerFrame(),
  });
}

/** Is this what `actor()` returned? True across copies of the package. */
export function isActor(value: unknown): value is AnyActor {
  return typeof value === "object" && value !== null && ACTOR in value;
}

function checkShape<State, Message>(path: string, options: ActorOptions<State, Message>): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidInputError(path, "an object of options with a receive function", options);
  }
  for (const option of Object.keys(options)) {
    if (!(KNOWN as readonly string[]).includes(option)) {
      throw new InvalidInputError(`${path}: ${option}`, `one of ${KNOWN.join(", ")}`, option);
    }
  }
  if (typeof options.receive !== "function") {
    throw new InvalidInputError(`${path}: receive`, "a function (message, ctx)", options.receive);
  }
  for (const option of ["initial", "migrate"] as const) {
    if (options[option] !== undefined && typeof options[option] !== "function") {
      throw new InvalidInputError(`${path}: ${option}`, "a function", options[option]);
    }
  }
  for (const option of ["message", "state"] as const) {
    if (options[option] !== undefined && !isSchema(options[option])) {
      throw new InvalidInputError(`${path}: ${option}`, "a Standard Schema, such as zod's", options[option]);
    }
  }
  if (options.onDead !== undefined && options.onDead !== "continue" && options.onDead !== "halt") {
    throw new InvalidInputError(`${path}: onDead`, '"continue" or "halt"', options.onDead);
  }
  if (!options.initial && (options.migrate || options.state || options.version !== undefined)) {
    throw new ConfigError(`${path}: version, migrate and state concern a state, but there is no initial`);
  }
  if ((options.version ?? 1) > 1 && !options.migrate) {
    throw new ConfigError(
      `${path}: version ${options.version} needs migrate(state, fromVersion), for the states of older versions`,
    );
  }
}

/** The frame that called `actor()`. */
function callerFrame(): string {
  return (
    (new Error().stack ?? "")
      .split("\n")
      .filter((line) => line.trimStart().startsWith("at "))[2]
      ?.trim() ?? ""
  );
}
