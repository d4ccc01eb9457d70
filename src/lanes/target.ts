/**
 * What runs in a lane. A **target** is an actor, a job or a connector's delivery: it says how one message is handled, and what to do when
 * that fails. Handling writes nothing: it returns effects, and the committer makes them true together with the lane's progress.
 */
import type { BackoffPolicy } from "../core/index.ts";
import type {
  AppendRequest,
  HistoryWrite,
  NewMessage,
  SqlStatement,
  StoredMessage,
  StreamName,
  TimerRecord,
  TimerRef,
} from "../store/index.ts";

export interface RetryPolicy {
  /** Tries in all, the first included (≥ 1). After the last the message is a dead letter. */
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** May this failure pass? False sends the message to the dead letters at once. */
  retryable(error: Error): boolean;
}

/** How a target keeps state. Targets without it are stateless (deliveries). */
export interface StateCodec<State> {
  /** Version of the code's state shape (≥ 1). */
  readonly version: number;
  initial(key: string): State;
  /** Brings an older state up to `version`. Throwing parks the key as `unmigratable`; nothing is overwritten. */
  migrate(state: unknown, fromVersion: number): State;
  /** Throws when the value is not a state of this shape. */
  validate(state: unknown): State;
}

export interface LaneTarget<State = unknown> {
  readonly stream: StreamName;
  /** The actor's, job's or connector's name: the `target` of its messages. */
  readonly name: string;
  readonly retry: RetryPolicy;
  /** What a dead letter does to its lane: later messages go on, or wait for a person. */
  readonly onDead: "continue" | "halt";
  /** A run that takes longer loses its right to commit and counts as a failed try. ms. */
  readonly timeoutMs: number;
  /** Lanes of this target that may run at once in one worker. */
  readonly concurrency: number;
  readonly state?: StateCodec<State>;
  /** Source line (a stack frame) where a person finds the handler, for the record of a timeout. */
  readonly definedAt?: string;
  /** Each message waits until the one before it is *committed*, not only handled. Default false. */
  readonly afterCommit?: boolean;
  /** Handles one message. A throw is a failure under `retry`. May return at once (no promise) on the fast path. */
  run(run: LaneRun<State>): RunOutcome | Promise<RunOutcome>;
}

export interface LaneRun<State = unknown> {
  readonly message: StoredMessage;
  /** The lane's state before this message; the target's own copy to change. Undefined for stateless targets. */
  readonly state: State;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the run has timed out, or its lease is lost. Made when it is first asked for. */
  readonly signal: AbortSignal;
  /** Is it aborted? Costs nothing to ask. */
  readonly void: boolean;
  /** Notes where the handler stands (an operation such as `ctx.ask`), for the record of a timeout. */
  at(operation: string): void;
}

/**
 * - `done`: commit these effects.
 * - `retry`: an expected passing failure (429, a rate limit, an open breaker); `afterMs` overrules the backoff. It counts as a try unless `free`.
 * - `dead`: a failure that no retry will mend.
 */
export type RunOutcome =
  | { readonly kind: "done"; readonly effects: Effects }
  | { readonly kind: "retry"; readonly error: Error; readonly afterMs?: number; readonly free?: boolean }
  | { readonly kind: "dead"; readonly error: Error };

/** What a handled message makes true. All but `broadcasts` and `replies` is in the commit; those follow it. */
export interface Effects {
  /** The new state; absent: unchanged. `value: undefined` deletes it. */
  readonly state?: { readonly value: unknown };
  readonly sends?: readonly AppendRequest[];
  readonly deliveries?: readonly NewMessage[];
  readonly history?: readonly HistoryWrite[];
  readonly timers?: readonly TimerRecord[];
  readonly timersDone?: readonly TimerRef[];
  readonly sql?: readonly SqlStatement[];
  /** To live subscribers of topics without history, after the commit: at most once. */
  readonly broadcasts?: readonly Broadcast[];
  /** Answers to `ask`, after the commit: at most once. */
  readonly replies?: readonly AskReply[];
}

export interface Broadcast {
  readonly topic: string;
  readonly event: string;
  /** JSON text. */
  readonly payload: string;
}

export interface AskReply {
  /** The process that asks. */
  readonly process: string;
  readonly askId: string;
  /** JSON text of the answer, or of the error. */
  readonly body: string;
  readonly ok: boolean;
}
