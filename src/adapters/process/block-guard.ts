import { type Clock, type Events, SECOND, systemClock, type Timer } from "../../core/index.ts";
import type { Service } from "../../supervision/index.ts";
import { type BlockLimits, type BlockWatch, hear, look, openWatch } from "./block-watch.ts";
import { every } from "./every.ts";
import { ProcessBlockedError } from "./process-errors.ts";

/** The process that a guard watches over; a ChildProcess is one. */
export interface GuardedProcess {
  readonly pid: number | undefined;
  readonly exited: Promise<unknown>;
  kill(error?: Error): void;
}

export interface BlockGuardOptions {
  readonly path: string;
  readonly process: GuardedProcess;
  readonly events: Events;
  /** A process that gives no heartbeat for so long is blocked. Default 5,000 ms. It should send at least four in that time. */
  readonly limitMs?: number;
  /**
   * What the process is running, asked when it turns out to be blocked: of something that outlives its silence, such as its
   * flight recorder. Default: what it said with its last heartbeat.
   */
  readonly running?: () => readonly string[];
  readonly clock?: Clock;
}

/** Looks a limit's length is divided into: it is noticed at most a tenth late. */
const LOOKS = 10;

/**
 * Kills a process whose event loop is blocked: `while (true) {}` can be neither asked nor interrupted. Watches from `start`
 * until the process ends or `stop`; ends nothing but the process. Guarantees `process.blocked`, then a kill whose error
 * (ProcessBlockedError, `process_blocked`) names what was running, within 1.1 × the limit; a suspended machine and a busy
 * guard do not count (see block-watch.ts).
 */
export class BlockGuard implements Service {
  readonly #options: BlockGuardOptions;
  readonly #clock: Clock;
  readonly #limits: BlockLimits;
  #watch: BlockWatch;
  #running: readonly string[] = [];
  #timer: Timer | undefined;

  constructor(options: BlockGuardOptions) {
    const { limitMs = 5 * SECOND } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { limitMs, intervalMs: limitMs / LOOKS };
    this.#watch = openWatch(0);
  }

  /** Begins to watch; the process counts as heard now. Safe twice. */
  start(): void {
    if (this.#timer) return;
    this.#watch = openWatch(this.#clock.monotonicMs());
    this.#timer = every(this.#clock, this.#limits.intervalMs, () => this.#look());
    void this.#options.process.exited.then(() => this.stop());
  }

  /** Stops watching. Safe twice, and before `start`. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The process has given a sign of life. `running`: what it is busy with, as a person would name it. */
  beat(running?: readonly string[]): void {
    if (running) this.#running = running;
    this.#watch = hear(this.#watch, this.#clock.monotonicMs());
  }

  #look(): void {
    const { watch, silentMs, blocked } = look(this.#watch, this.#clock.monotonicMs(), this.#limits);
    this.#watch = watch;
    const { path, process, events } = this.#options;
    const { pid } = process;
    if (!blocked || pid === undefined) return;
    this.stop();
    const running = this.#options.running?.() ?? this.#running;
    events.emit("process.blocked", { path, pid, silentMs, running });
    process.kill(new ProcessBlockedError(path, pid, silentMs, running));
  }
}
