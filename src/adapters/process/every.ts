import type { Clock, Timer } from "../../core/index.ts";

/** Runs `work` every `intervalMs`, counted from the end of the one before, until it is cancelled. */
export function every(clock: Clock, intervalMs: number, work: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer = clock.after(intervalMs, round);
  function round(): void {
    const working = work();
    if (working instanceof Promise) working.then(rearm, rearm);
    else rearm();
  }
  function rearm(): void {
    if (!cancelled) timer = clock.after(intervalMs, round);
  }
  return {
    cancel(): void {
      cancelled = true;
      timer.cancel();
    },
  };
}
