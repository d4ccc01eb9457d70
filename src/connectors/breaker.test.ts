import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  askBreaker,
  type BreakerPolicy,
  type BreakerResult,
  type BreakerState,
  CLOSED,
  tellBreaker,
} from "./breaker.ts";

const POLICY: BreakerPolicy = { threshold: 3, openMs: 100, maxOpenMs: 400, probeWaitMs: 10 };

function fail(state: BreakerState, times: number, nowMs = 0): BreakerState {
  let next = state;
  for (let i = 0; i < times; i++) {
    next = tellBreaker(POLICY, next, { generation: next.generation, result: "failure" }, nowMs);
  }
  return next;
}

/** Asks, and expects to go. */
function probe(state: BreakerState, nowMs: number): { readonly state: BreakerState; readonly generation: number } {
  const { state: next, permission } = askBreaker(POLICY, state, nowMs);
  if (permission.kind !== "go") throw new Error(`expected a permit, received ${JSON.stringify(permission)}`);
  return { state: next, generation: permission.generation };
}

describe("a breaker", () => {
  test("opens after so many failures in a row, and a success starts the count anew", () => {
    const shaken = tellBreaker(POLICY, fail(CLOSED, 2), { generation: 0, result: "success" }, 0);
    expect(fail(shaken, 2).kind).toBe("closed");
    expect(fail(shaken, 3)).toMatchObject({ kind: "open", untilMs: 100 });
  });

  test("lets one probe go when its pause is over, and closes when that succeeds", () => {
    const open = fail(CLOSED, 3);
    expect(askBreaker(POLICY, open, 99).permission).toEqual({ kind: "wait", waitMs: 1 });
    const { state, generation } = probe(open, 100);
    expect(askBreaker(POLICY, state, 100).permission).toEqual({ kind: "wait", waitMs: 10 });
    expect(tellBreaker(POLICY, state, { generation, result: "success" }, 100).kind).toBe("closed");
  });

  test("doubles its pause with each failed probe, up to the most", () => {
    let state = fail(CLOSED, 3);
    let nowMs = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 4; i++) {
      if (state.kind !== "open") throw new Error("expected it open");
      pauses.push(state.untilMs - nowMs);
      nowMs = state.untilMs;
      const probed = probe(state, nowMs);
      state = tellBreaker(POLICY, probed.state, { generation: probed.generation, result: "failure" }, nowMs);
    }
    expect(pauses).toEqual([100, 200, 400, 400]);
  });

  test("gives the probe's place to another when it was given up", () => {
    const { state, generation } = probe(fail(CLOSED, 3), 100);
    const free = tellBreaker(POLICY, state, { generation, result: "given-up" }, 100);
    expect(askBreaker(POLICY, free, 100).permission.kind).toBe("go");
  });

  test("is not moved by requests from before it opened", () => {
    const { state } = probe(fail(CLOSED, 3), 100);
    expect(tellBreaker(POLICY, state, { generation: 0, result: "success" }, 100)).toBe(state);
    expect(tellBreaker(POLICY, state, { generation: 0, result: "failure" }, 100)).toBe(state);
  });

  test("keeps its promises whatever happens: one probe at a time, none while open, and never stuck", () => {
    const step = fc.record({
      kind: fc.constantFrom("ask", "tell"),
      result: fc.constantFrom<BreakerResult>("success", "failure", "given-up"),
      which: fc.nat(20),
      advanceMs: fc.nat(300),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let state: BreakerState = CLOSED;
        let nowMs = 0;
        let underWay: number[] = [];
        for (const { kind, result, which, advanceMs } of steps) {
          nowMs += advanceMs;
          const before = state;
          if (kind === "ask") {
            const asked = askBreaker(POLICY, state, nowMs);
            state = asked.state;
            if (asked.permission.kind === "go") underWay.push(asked.permission.generation);
            const isPaused = before.kind === "open" && nowMs < before.untilMs;
            if (isPaused) expect(asked.permission.kind).toBe("wait");
            if (asked.permission.kind === "wait") expect(asked.permission.waitMs).toBeGreaterThan(0);
          } else if (underWay.length > 0) {
            const generation = underWay[which % underWay.length] as number;
            underWay = underWay.toSpliced(which % underWay.length, 1);
            state = tellBreaker(POLICY, state, { generation, result }, nowMs);
          }
          expect(state.generation).toBeGreaterThanOrEqual(before.generation);
          const probes = underWay.filter((generation) => generation === state.generation).length;
          if (state.kind === "half-open") expect(probes).toBe(state.probing ? 1 : 0);
          if (state.kind === "open") expect(state.untilMs - nowMs).toBeLessThanOrEqual(POLICY.maxOpenMs);
        }
        // Once all that was under way has ended and the pause is over, somebody may go.
        for (const generation of underWay)
          state = tellBreaker(POLICY, state, { generation, result: "given-up" }, nowMs);
        expect(askBreaker(POLICY, state, nowMs + POLICY.maxOpenMs).permission.kind).toBe("go");
      }),
    );
  });
});
