import { describe, expect, test } from "bun:test";
import { toMs } from "./duration.ts";

describe("a duration", () => {
  test.each([
    [0, 0],
    [250, 250],
    ["250ms", 250],
    ["1 millisecond", 1],
    ["2s", 2_000],
    ["1.5 h", 5_400_000],
    ["10 minutes", 600_000],
    ["5 mins", 300_000],
    ["1 m", 60_000],
    ["7 days", 604_800_000],
    ["1 Week", 604_800_000],
  ])("of %p is %p ms", (duration, ms) => expect(toMs(duration)).toBe(ms));

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "", "soon", "10", "-5 s", "5 fortnights", "1 s s"])(
    "of %p is refused, naming the value",
    (duration) => {
      expect(() => toMs(duration, "timeout")).toThrow(
        expect.objectContaining({ code: "invalid_input", path: "timeout" }),
      );
    },
  );
});
