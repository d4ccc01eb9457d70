import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { advance, isHandled, NOTHING_HANDLED } from "./progress.ts";

describe("progress", () => {
  test("the cursor moves over what is handled without a hole; the rest lies ahead", () => {
    expect(advance(NOTHING_HANDLED, [1, 2, 5, 6, 9])).toEqual({
      cursor: 2,
      ahead: [
        [5, 6],
        [9, 9],
      ],
    });
    expect(
      advance(
        {
          cursor: 2,
          ahead: [
            [5, 6],
            [9, 9],
          ],
        },
        [4, 3, 8],
      ),
    ).toEqual({ cursor: 6, ahead: [[8, 9]] });
    expect(advance({ cursor: 6, ahead: [[8, 9]] }, [7])).toEqual({ cursor: 9, ahead: [] });
  });

  test("whatever the order and the batches, it is the set of what was handled", () => {
    const batches = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), { maxLength: 12 });
    fc.assert(
      fc.property(batches, (lists) => {
        const progress = lists.reduce(advance, NOTHING_HANDLED);
        const all = new Set(lists.flat());
        for (let seq = 1; seq <= 61; seq++) expect(isHandled(progress, seq)).toBe(all.has(seq));
        expect(all.has(progress.cursor + 1)).toBe(false);
        let last = progress.cursor;
        for (const [from, to] of progress.ahead) {
          expect(from).toBeGreaterThan(last + 1);
          expect(to).toBeGreaterThanOrEqual(from);
          last = to;
        }
      }),
    );
  });
});
