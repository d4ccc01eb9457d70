import { describe, expect, test } from "bun:test";
import { ManualClock } from "./manual-clock.ts";

describe("a manual clock", () => {
  test("fires timers by due time, then by age, those set on the way too", () => {
    const clock = new ManualClock(1_000);
    const fired: string[] = [];
    clock.after(20, () => fired.push("late"));
    clock.after(10, () => {
      fired.push(`early at ${clock.wallMs()}`);
      clock.after(5, () => fired.push("set on the way"));
    });
    clock.after(20, () => fired.push("late too"));
    clock.after(15, () => fired.push("cancelled")).cancel();
    clock.advance(20);
    expect(fired).toEqual(["early at 1010", "set on the way", "late", "late too"]);
    expect([clock.pendingTimers, clock.monotonicMs()]).toEqual([0, 20]);
  });
});
