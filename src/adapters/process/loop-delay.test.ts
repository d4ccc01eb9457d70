import { expect, test } from "bun:test";
import { ManualClock } from "../../core/index.ts";
import { LoopDelay } from "./loop-delay.ts";

/** A clock whose timers come late by what the test says. */
class LateClock extends ManualClock {
  lateMs = 0;
  override after(delayMs: number, callback: () => void): { cancel(): void } {
    return super.after(delayMs + this.lateMs, callback);
  }
}

test("a loop that is never late has no delay", () => {
  const clock = new LateClock();
  const probe = new LoopDelay(clock);
  probe.start();
  clock.advance(1_000);
  expect(probe.take()).toEqual({ maxMs: 0, meanMs: 0, samples: 10 });
  probe.stop();
  expect(clock.pendingTimers).toBe(0);
});

test("says by how much timers were late at most and on average, since the last reading", () => {
  const clock = new LateClock();
  const probe = new LoopDelay(clock);
  probe.start();
  clock.advance(100);
  clock.lateMs = 60;
  clock.advance(100);
  clock.lateMs = 0;
  clock.advance(160);
  expect(probe.take()).toEqual({ maxMs: 60, meanMs: 20, samples: 3 });
  expect(probe.take()).toEqual({ maxMs: 0, meanMs: 0, samples: 0 });
});

test("can be stopped twice and before it was started", () => {
  const clock = new ManualClock();
  const probe = new LoopDelay(clock);
  probe.stop();
  probe.start();
  probe.start();
  expect(clock.pendingTimers).toBe(1);
  probe.stop();
  probe.stop();
  expect(clock.pendingTimers).toBe(0);
});
