import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RateLimiter, type RatePatience } from "./rate-limit.ts";

const INFINITE = Number.POSITIVE_INFINITY;
const FOREVER: RatePatience = { perConversationMs: INFINITE, overallMs: INFINITE };

describe("a rate limiter", () => {
  test("lets a burst go at once and spaces what follows evenly", () => {
    const limiter = new RateLimiter({ overall: { perSecond: 10, burst: 3 } });
    const waits = Array.from({ length: 6 }, (_, i) => limiter.reserve(String(i), 1_000, FOREVER).waitMs);
    expect(waits).toEqual([0, 0, 0, 100, 200, 300]);
  });

  test("limits each conversation for itself, below the limit over all", () => {
    const limiter = new RateLimiter({
      overall: { perSecond: 30, burst: 30 },
      perConversation: { perSecond: 1, burst: 1 },
    });
    expect(limiter.reserve("a", 0, FOREVER).waitMs).toBe(0);
    expect(limiter.reserve("a", 0, FOREVER).waitMs).toBe(1_000);
    expect(limiter.reserve("b", 0, FOREVER).waitMs).toBe(0);
  });

  test("takes nothing from whoever would wait too long", () => {
    const limiter = new RateLimiter({ overall: { perSecond: 1, burst: 1 } });
    limiter.reserve("a", 0, FOREVER);
    const patience = { perConversationMs: 0, overallMs: 500 };
    expect(limiter.reserve("b", 0, patience)).toEqual({ taken: false, waitMs: 1_000 });
    expect(limiter.reserve("b", 500, patience)).toEqual({ taken: true, waitMs: 500 });
  });

  test("asks for patience with one's own conversation apart from that with all", () => {
    const limiter = new RateLimiter({ perConversation: { perSecond: 1, burst: 1 } });
    limiter.reserve("a", 0, FOREVER);
    expect(limiter.reserve("a", 0, { perConversationMs: 999, overallMs: INFINITE }).taken).toBe(false);
  });

  test("keeps to this worker's share of the limit over all, as that changes", () => {
    let share = 1;
    const limiter = new RateLimiter({ overall: { perSecond: 10, burst: 1 } }, () => share);
    expect(limiter.reserve("a", 0, FOREVER).waitMs).toBe(0);
    expect(limiter.reserve("b", 0, FOREVER).waitMs).toBe(100);
    share = 0.5;
    expect(limiter.reserve("c", 0, FOREVER).waitMs).toBe(200);
    expect(limiter.reserve("d", 0, FOREVER).waitMs).toBe(400);
  });

  test("waits for nothing without limits", () => {
    expect(new RateLimiter({}).reserve("a", 0, { perConversationMs: 0, overallMs: 0 })).toEqual({
      taken: true,
      waitMs: 0,
    });
  });

  test("forgets conversations that have been quiet", () => {
    const limiter = new RateLimiter({ perConversation: { perSecond: 1_000, burst: 1 } });
    for (let i = 0; i < 50_000; i++) limiter.reserve(`chat ${i}`, i, FOREVER);
    expect(limiter.size).toBeLessThan(3_000);
  });

  test("never lets more go in any second than the burst and the rate, and wastes no place", () => {
    const arrivals = fc.array(fc.nat(200), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        arrivals,
        (perSecond, burst, gaps) => {
          const limiter = new RateLimiter({ overall: { perSecond, burst } });
          let nowMs = 0;
          let last = 0;
          const starts = gaps.map((gapMs) => {
            nowMs += gapMs;
            const startMs = nowMs + limiter.reserve("a", nowMs, FOREVER).waitMs;
            // Nobody is overtaken, and nobody waits longer than one interval after the one before.
            expect(startMs).toBeGreaterThanOrEqual(last - 1e-6);
            expect(startMs).toBeLessThanOrEqual(Math.max(nowMs, last + 1_000 / perSecond) + 1e-6);
            last = startMs;
            return startMs;
          });
          for (const from of starts) {
            const within = starts.filter((startMs) => startMs >= from && startMs < from + 1_000 - 1e-6).length;
            expect(within).toBeLessThanOrEqual(burst + perSecond);
          }
        },
      ),
    );
  });
});
