import type { StoredMessage } from "../store/index.ts";
import type { ActiveRun, Lane, LaneState } from "./lane.ts";
import type { LaneRun } from "./target.ts";

/** One try at one message. `void` from the moment its outcome no longer counts: timed out, rolled back, or its lease lost. */
export class Run implements LaneRun, ActiveRun {
  readonly lane: Lane;
  readonly message: StoredMessage;
  readonly attempt: number;
  /** Monotonic ms. */
  readonly startedMs: number;
  readonly before: LaneState | undefined;
  void: boolean = false;
  operation: string | undefined;
  #where: Error | undefined;
  #state: unknown;
  #parsed = false;
  #controller: AbortController | undefined;

  constructor(lane: Lane, message: StoredMessage, attempt: number, startedMs: number) {
    this.lane = lane;
    this.message = message;
    this.attempt = attempt;
    this.startedMs = startedMs;
    this.before = lane.state;
  }

  get state(): unknown {
    if (!this.#parsed) {
      const body = this.before?.body ?? null;
      this.#state = body === null ? this.lane.target.state?.initial(this.lane.key) : JSON.parse(body);
      this.#parsed = true;
    }
    return this.#state;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.void) this.#controller.abort();
    return this.#controller.signal;
  }

  at(operation: string): void {
    this.operation = operation;
    this.#where = new Error(operation);
  }

  revoke(reason: Error): void {
    this.void = true;
    this.#controller?.abort(reason);
  }

  /** Where the handler stood when it was last seen: its latest operation with its stack, else where the target was defined. */
  standpoint(): { readonly operation: string; readonly stack: string } {
    if (!this.operation) return { operation: "the handler's start", stack: this.lane.target.definedAt ?? "" };
    const frames = (this.#where?.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
    return { operation: this.operation, stack: frames.slice(1).join("\n") };
  }
}
