import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fullJitterMs } from "./backoff.ts";

describe("full jitter", () => {
  test("stays within base times two to the tries, and the cap", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const delay = fullJitterMs({ baseMs: 100, capMs: 10_000 }, attempt, () => random);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(Math.min(10_000, 100 * 2 ** Math.min(attempt - 1, 20)));
        },
      ),
    );
  });
});
