import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { arrive, MAX_HELD, MAX_JUMP, passDue, RESYNC_IDLE_MS, type SourceState } from "./index.ts";

const WAIT_MS = 1_000;

/** Feeds arrivals and passings through the decisions, as an adapter would, and keeps what was appended and passed, in order. */
class Feed {
  readonly appended: number[] = [];
  readonly passed: [number, number][] = [];
  state: SourceState | undefined;
  #ids = 0;
  readonly #numbers = new Map<number, number>();

  arrive(externalSeq: number, nowMs = 0): "append" | "hold" {
    const heldId = ++this.#ids;
    this.#numbers.set(heldId, externalSeq);
    const decision = arrive(this.state, { externalSeq, gapWaitMs: WAIT_MS, nowMs, heldId });
    this.state = decision.state;
    this.#append(decision.before);
    if (decision.arrival === "append") this.appended.push(externalSeq);
    this.#append(decision.after);
    for (const { fromSeq, toSeq } of decision.passed) this.passed.push([fromSeq, toSeq]);
    return decision.arrival;
  }

  passDue(nowMs: number): void {
    if (!this.state) return;
    const decision = passDue(this.state, nowMs);
    this.state = decision.state;
    this.#append(decision.released);
    for (const { fromSeq, toSeq } of decision.passed) this.passed.push([fromSeq, toSeq]);
  }

  #append(heldIds: readonly number[]): void {
    for (const id of heldIds) this.appended.push(this.#numbers.get(id) ?? Number.NaN);
  }
}

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe("source order", () => {
  test("any arrival order of a whole run, begun by its first, comes out in the source's order", () => {
    const run = fc.integer({ min: 0, max: 60 }).chain((length) => {
      const rest = Array.from({ length }, (_, i) => i + 2);
      return fc.shuffledSubarray(rest, { minLength: length, maxLength: length });
    });
    fc.assert(
      fc.property(run, (rest) => {
        const feed = new Feed();
        for (const n of [1, ...rest]) feed.arrive(n);
        expect(feed.appended).toEqual(ascending([1, ...rest]));
        expect(feed.passed).toEqual([]);
        expect(feed.state?.held).toEqual([]);
      }),
    );
  });

  test("nothing is lost or doubled, and every missing number is passed exactly once when all waits are over", () => {
    const arrivals = fc.array(
      fc.record({ n: fc.integer({ min: 1, max: 40 }), afterMs: fc.integer({ min: 0, max: 400 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (steps) => {
        const feed = new Feed();
        let nowMs = 0;
        for (const { n, afterMs } of steps) {
          nowMs += afterMs;
          feed.passDue(nowMs);
          feed.arrive(n, nowMs);
        }
        feed.passDue(nowMs + WAIT_MS);
        expect(ascending(feed.appended)).toEqual(ascending(steps.map((step) => step.n)));
        expect(feed.state?.held ?? []).toEqual([]);
        const first = steps[0]?.n ?? 1;
        const passed = feed.passed.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        expect(new Set(passed).size).toBe(passed.length);
        const inTime = new Set(passed);
        for (let n = first; n < (feed.state?.expected ?? first); n++) {
          expect(inTime.has(n) || feed.appended.includes(n)).toBe(true);
        }
      }),
    );
  });

  test("what is not late comes out in ascending order, however long or short the waits", () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 1_500 })));
    fc.assert(
      fc.property(arrivals, (steps) => {
        const feed = new Feed();
        const late: number[] = [];
        let nowMs = 0;
        for (const [n, afterMs] of steps) {
          nowMs += afterMs;
          feed.passDue(nowMs);
          if (feed.state && n < feed.state.expected) late.push(n);
          feed.arrive(n, nowMs);
        }
        feed.passDue(nowMs + WAIT_MS);
        const onTime = [...feed.appended];
        for (const n of late) onTime.splice(onTime.lastIndexOf(n), 1);
        expect(onTime).toEqual(ascending(onTime));
      }),
    );
  });

  test("waits for each held message no longer than its own time", () => {
    const feed = new Feed();
    feed.arrive(1, 0);
    feed.arrive(6, 100);
    feed.arrive(4, 900);
    feed.passDue(1_099);
    expect(feed.appended).toEqual([1]);
    feed.passDue(1_100);
    expect(feed.appended).toEqual([1, 4, 6]);
    expect(feed.passed).toEqual([
      [2, 3],
      [5, 5],
    ]);
  });

  test("begins anew after a jump either way, letting go first what it held", () => {
    const feed = new Feed();
    for (const n of [10, 12]) feed.arrive(n);
    const far = 13 + MAX_JUMP + 1;
    expect(feed.arrive(far)).toBe("append");
    expect(feed.appended).toEqual([10, 12, far]);
    expect(feed.passed).toEqual([
      [11, 11],
      [13, far - 1],
    ]);
    expect(feed.arrive(5)).toBe("append");
    expect(feed.arrive(6)).toBe("append");
    expect(feed.state?.expected).toBe(7);
  });

  test("waits for a hole of just MAX_JUMP", () => {
    const feed = new Feed();
    feed.arrive(1);
    expect(feed.arrive(2 + MAX_JUMP)).toBe("hold");
  });

  test("begins anew after days of silence, with a smaller or a larger number", () => {
    for (const n of [3, 900]) {
      const feed = new Feed();
      feed.arrive(500, 0);
      expect(feed.arrive(n, RESYNC_IDLE_MS)).toBe("append");
      expect(feed.state?.expected).toBe(n + 1);
      expect(feed.passed).toEqual(n > 501 ? [[501, n - 1]] : []);
    }
  });

  test("holds no more than its bound: past it, the lowest hole is passed", () => {
    const feed = new Feed();
    feed.arrive(1);
    for (let n = 3; n < 3 + MAX_HELD; n++) feed.arrive(n);
    expect(feed.appended).toEqual([1]);
    feed.arrive(3 + MAX_HELD);
    expect(feed.passed).toEqual([[2, 2]]);
    expect(feed.appended).toHaveLength(2 + MAX_HELD);
    expect(feed.appended).toEqual(ascending(feed.appended));
  });
});
