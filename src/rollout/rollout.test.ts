import { describe, expect, test } from "bun:test";
import { canaryShards, isOnCanary, judgeCanary, LatencyHistogram, WorkStats, type WorkSummary } from "./index.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("a canary's share", () => {
  test("takes in all of a smaller one, and is never nothing or all", () => {
    const shares = [0.001, 0.1, 0.3, 0.5, 0.999].map((share) => canaryShards(64, share));
    expect(shares.map((shards) => shards.length)).toEqual([1, 6, 19, 32, 63]);
    for (const [i, shards] of shares.slice(1).entries())
      expect(shards).toEqual(expect.arrayContaining([...(shares[i] ?? [])]));
  });

  test("of hints is what was asked for, the same hint always on the same side", () => {
    const on = range(10_000).filter((i) => isOnCanary(`socket.${i}`, 0.1));
    expect(on.length).toBeGreaterThan(900);
    expect(on.length).toBeLessThan(1_100);
    expect(on.every((i) => isOnCanary(`socket.${i}`, 0.2))).toBe(true);
  });
});

describe("a canary's rule", () => {
  const rule = { promoteAfterMs: 60_000, maxErrorRate: 0.01 };
  const summary = (handled: number, failed: number): WorkSummary => ({
    handled,
    failed,
    errorRate: handled === 0 ? 0 : failed / handled,
    p50Ms: 1,
    p99Ms: 1,
  });

  test.each([
    ["waits while too little was handled, however long it stands", summary(19, 19), 600_000, "wait"],
    ["withdraws as soon as the error rate is above its bound", summary(100, 2), 1_000, "withdraw"],
    ["waits for its time while all is well", summary(100, 1), 59_999, "wait"],
    ["promotes when its time has come", summary(100, 1), 60_000, "promote"],
  ] as const)("%s", (_title, canary, stoodMs, kind) => {
    expect(judgeCanary(rule, canary, stoodMs).kind).toBe(kind);
  });
});

describe("latencies", () => {
  test("give quantiles at most a fifth above the truth, also when added up from parts", () => {
    const [part, whole] = [new LatencyHistogram(), new LatencyHistogram()];
    for (const ms of range(1_000)) part.add(ms + 1);
    whole.merge(part.take());
    for (const share of [0.5, 0.9, 0.99, 1]) {
      const ms = whole.quantile(share) as number;
      expect(ms).toBeGreaterThanOrEqual(share * 1_000);
      expect(ms).toBeLessThanOrEqual(share * 1_200 + 1);
    }
    expect([part.total, part.quantile(0.5)]).toEqual([0, undefined]);
  });

  test("and failures of samples add up", () => {
    const [worker, release] = [new WorkStats(), new WorkStats()];
    worker.done(2);
    worker.failed(8);
    release.merge(worker.take());
    release.merge(worker.take());
    worker.failed();
    release.merge(worker.take());
    expect(release.summary).toMatchObject({ handled: 3, failed: 2, errorRate: 2 / 3 });
  });
});
