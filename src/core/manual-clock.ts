import type { Clock, Timer } from "./clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is advanced. Timers fire in the order of their due time, then of their creation.
 * For tests, and for replaying a run.
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #originMs: number;
  readonly #pending = new Set<Pending>();

  /** `originMs`: the wall time at the start, in ms since the epoch. Default 2026-01-01T00:00:00Z. */
  constructor(originMs: number = Date.UTC(2026, 0, 1)) {
    this.#originMs = originMs;
  }

  /** Timers that have been set and neither fired nor cancelled: a test can assert that it leaks none. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  wallMs(): number {
    return this.#originMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** Moves time forward by `ms`, firing what falls due on the way; timers set while firing count too. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (let next = this.#earliest(until); next; next = this.#earliest(until)) {
      this.#pending.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
    }
    this.#nowMs = until;
  }

  /** Like `advance`, but lets promises settle after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settle();
    for (let next = this.#earliest(until); next; next = this.#earliest(until)) {
      this.#pending.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
      await settle();
    }
    this.#nowMs = until;
    await settle();
  }

  #earliest(untilMs: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > untilMs) continue;
      if (!best || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order)) best = entry;
    }
    return best;
  }
}

/** One turn of the event loop: microtasks and immediates that are already due have run when it resolves. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
