import { type Clock, systemClock, type Timer } from "../../core/index.ts";
import type { Service } from "../../supervision/index.ts";

/** How late timers came since the last `take`, in ms. */
export interface LoopDelayReading {
  readonly maxMs: number;
  readonly meanMs: number;
  readonly samples: number;
}

/** Time between two samples, ms: ten timers a second cost nothing that can be measured, and no stall of a tenth stays unseen. */
const INTERVAL_MS = 100;

/** Measures how long this process's event loop keeps its timers waiting. For metrics; read it at each scrape. */
export class LoopDelay implements Service {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #timer: Timer | undefined;
  #dueMs = 0;
  #maxMs = 0;
  #sumMs = 0;
  #samples = 0;

  constructor(clock: Clock = systemClock, intervalMs: number = INTERVAL_MS) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Safe twice. */
  start(): void {
    if (!this.#timer) this.#arm();
  }

  /** Safe twice, and before `start`. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What was measured since the last time. */
  take(): LoopDelayReading {
    const reading = {
      maxMs: this.#maxMs,
      meanMs: this.#samples === 0 ? 0 : this.#sumMs / this.#samples,
      samples: this.#samples,
    };
    this.#maxMs = 0;
    this.#sumMs = 0;
    this.#samples = 0;
    return reading;
  }

  #arm(): void {
    this.#dueMs = this.#clock.monotonicMs() + this.#intervalMs;
    this.#timer = this.#clock.after(this.#intervalMs, () => this.#sample());
  }

  #sample(): void {
    const lateMs = Math.max(0, this.#clock.monotonicMs() - this.#dueMs);
    this.#maxMs = Math.max(this.#maxMs, lateMs);
    this.#sumMs += lateMs;
    this.#samples += 1;
    this.#arm();
  }
}
