/**
 * Runs lanes: gives each its turn, keeps handlers within their time, and takes their outcomes into the book.
 *
 * A handler that returns at once costs no promise, and one whose promise is settled already no turn of the event loop. The event loop is given
 * back after `sliceMs`, so that heartbeats and commits live.
 * A handler past its time loses the right to commit: its message is a failed try, its late outcome is dropped and reported.
 */
import { type Clock, type Events, GodwitError, type Timer, toError } from "../core/index.ts";
import { messageId } from "../store/index.ts";
import { traceIdOf } from "./announce.ts";
import type { Failure } from "./failure.ts";
import type { Lane } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneLimits } from "./limits.ts";
import type { FlightRecorder } from "./recorder.ts";
import type { Run } from "./run.ts";
import { changedState } from "./state.ts";
import type { RunOutcome } from "./target.ts";

export interface RunnerOptions {
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: LaneLimits;
  readonly recorder: FlightRecorder | undefined;
  /** May handlers start now? (The leases are fresh, the node is not draining.) */
  readonly mayStart: () => boolean;
  /** Something was handled. */
  readonly onHandled: () => void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #running = new Set<Run>();
  #scheduled = false;
  #sliceEndsMs = 0;
  #deadline: { readonly timer: Timer; readonly atMs: number } | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Handlers that have not returned yet. */
  get running(): number {
    return this.#running.size;
  }

  /** Lanes may be ready: give them their turns soon. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  /** Takes the right to commit from everything that still runs (its lanes are gone, or the drain's time is over). */
  stop(): void {
    this.#deadline?.timer.cancel();
    this.#deadline = undefined;
    for (const run of this.#running) run.revoke(new GodwitError("stopped", "the worker stops"));
    this.#running.clear();
  }

  #slice(): void {
    this.#sliceEndsMs = this.#options.clock.monotonicMs() + this.#options.limits.sliceMs;
    this.#runReady();
    this.#armDeadline();
    this.#options.onHandled();
  }

  /** Gives turns until none is ready, the commit is full, or the slice is over. */
  #runReady(): void {
    const { book, clock, mayStart } = this.#options;
    while (mayStart() && book.gathered.hasRoom) {
      const lane = book.flow.scheduler.next();
      if (!lane) return;
      this.#turn(lane);
      if (clock.monotonicMs() < this.#sliceEndsMs) continue;
      this.wake();
      return;
    }
  }

  /** A lane's turn: a few messages, one after the other, for as long as they are handled at once. */
  #turn(lane: Lane): void {
    const { book, limits } = this.#options;
    for (let left = limits.turnMessages; left > 0; left--) {
      if (!this.#runHead(lane) || left === 1 || !book.takeAgain(lane)) break;
    }
    book.flow.settle(lane);
  }

  /** Starts the head message. False while it runs on, or when the lane cannot go on. */
  #runHead(lane: Lane): boolean {
    const { book, clock, recorder } = this.#options;
    const run = book.begin(lane, clock.monotonicMs());
    if (!run) return false;
    const crashes = book.fatalCrashes(run);
    if (crashes > 0) {
      this.#failed(run, { kind: "dead", error: crashedOut(run, crashes) });
      return false;
    }
    recorder?.started(run.message);
    let outcome: RunOutcome | Promise<RunOutcome>;
    try {
      outcome = lane.target.run(run);
    } catch (thrown) {
      recorder?.finished(run.message);
      this.#failed(run, { kind: "thrown", error: toError(thrown) });
      return false;
    }
    if (outcome instanceof Promise) {
      this.#follow(run, outcome);
      return false;
    }
    recorder?.finished(run.message);
    this.#finished(run, outcome);
    return true;
  }

  #follow(run: Run, outcome: Promise<RunOutcome>): void {
    this.#running.add(run);
    outcome.then(
      (result) => this.#ended(run, () => this.#finished(run, result)),
      (thrown) => this.#ended(run, () => this.#failed(run, { kind: "thrown", error: toError(thrown) })),
    );
  }

  #ended(run: Run, take: () => void): void {
    const { book, clock, events, recorder } = this.#options;
    if (this.#running.delete(run)) recorder?.finished(run.message);
    if (run.void) {
      events.emit("message.late-result-ignored", described(run));
      return;
    }
    take();
    book.flow.settle(run.lane);
    // Still within the slice that began it: go on at once, or a key would handle one message a turn of the event loop, and commit each alone.
    if (clock.monotonicMs() < this.#sliceEndsMs) this.#runReady();
    this.wake();
  }

  #finished(run: Run, outcome: RunOutcome): void {
    if (outcome.kind !== "done") return this.#failed(run, outcome);
    const { book, clock, limits } = this.#options;
    const { effects } = outcome;
    const version = run.lane.target.state?.version ?? 1;
    try {
      const state = effects.state && changedState(effects.state.value, run.before, version, limits.stateLength);
      book.handled(run, effects, state, clock.monotonicMs() - run.startedMs);
    } catch (thrown) {
      this.#failed(run, { kind: "thrown", error: toError(thrown) });
    }
  }

  #failed(run: Run, failure: Failure): void {
    const { book, clock, events } = this.#options;
    const verdict = book.failed(run, failure, clock.monotonicMs() - run.startedMs);
    const delayMs = verdict.kind === "retry" ? verdict.delayMs : undefined;
    if (delayMs !== undefined) {
      events.emit("message.failed", {
        ...described(run),
        attempt: run.attempt,
        retryInMs: delayMs,
        error: failure.error,
      });
    } else {
      events.emit("message.failed", { ...described(run), attempt: run.attempt, error: failure.error });
    }
  }

  /** One timer stands for all handlers: at the earliest moment at which one of them is past its time. */
  #armDeadline(): void {
    let atMs = Number.POSITIVE_INFINITY;
    for (const run of this.#running) atMs = Math.min(atMs, run.startedMs + run.lane.target.timeoutMs);
    if (atMs === Number.POSITIVE_INFINITY || (this.#deadline && this.#deadline.atMs <= atMs)) return;
    this.#deadline?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(atMs - clock.monotonicMs(), () => {
      this.#deadline = undefined;
      this.#timeOut();
    });
    this.#deadline = { timer, atMs };
  }

  #timeOut(): void {
    const { book, clock, events, recorder } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const run of this.#running) {
      if (nowMs - run.startedMs < run.lane.target.timeoutMs) continue;
      this.#running.delete(run);
      recorder?.finished(run.message);
      if (run.void) continue;
      const { operation, stack } = run.standpoint();
      const error = timedOut(run, operation, stack);
      run.revoke(error);
      events.emit("handler.timed-out", { ...described(run), afterMs: nowMs - run.startedMs, operation });
      this.#failed(run, { kind: "thrown", error });
      book.flow.settle(run.lane);
    }
    this.#armDeadline();
    this.wake();
  }
}

interface Described {
  readonly id: string;
  readonly target: string;
  readonly key: string;
  readonly traceId?: string;
}

function described(run: Run): Described {
  const { target, key, meta } = run.message;
  return { id: messageId(run.message), target, key, ...traceIdOf(meta) };
}

function timedOut(run: Run, operation: string, stack: string): GodwitError {
  const { target, timeoutMs } = { target: run.lane.target.name, timeoutMs: run.lane.target.timeoutMs };
  const text = `${target} did not finish ${messageId(run.message)} within ${timeoutMs} ms; it stood at ${operation}`;
  const error = new GodwitError("handler_timeout", text, { retryable: true });
  error.stack = stack ? `${error.name}: ${text}\n${stack}` : `${error.name}: ${text}`;
  return error;
}

function crashedOut(run: Run, crashes: number): GodwitError {
  const times = crashes === 1 ? "once" : `${crashes} times`;
  return new GodwitError("crashed", `the process died ${times} while it was handling ${messageId(run.message)}`);
}
