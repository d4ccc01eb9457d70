/**
 * Time, injected everywhere so that tests own it. Wall time says when something happened (it may jump);
 * monotonic time measures how long something took (it never goes back). Never mix the two.
 */

export const SECOND = 1_000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** A pending timer. `cancel` is safe twice and after the timer has fired. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. May jump when the machine's clock is set. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start. Never goes back. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs` (≥ 0). The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/** Longest delay that the runtime's timers hold (2^31 − 1 ms, about 24.8 days); longer ones are armed again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout> | undefined;

  constructor(delayMs: number, callback: () => void) {
    this.#arm(Math.max(0, delayMs), callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(delayMs: number, callback: () => void): void {
    const step = Math.min(delayMs, MAX_TIMER_MS);
    this.#handle = setTimeout(() => {
      if (delayMs > step) this.#arm(delayMs - step, callback);
      else callback();
    }, step);
    this.#handle.unref?.();
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => new SystemTimer(delayMs, callback),
};

/** Resolves after `delayMs` of `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
