/**
 * A circuit breaker for one destination, as a pure state machine.
 *
 * - **closed**: everything goes. `failures` in a row are counted; the `threshold`th opens it.
 * - **open**: nothing goes until `untilMs`, which is then half-open. Each opening in a row doubles the pause, up to
 *   `maxOpenMs`.
 * - **half-open**: one request goes as a probe. Its success closes the breaker, its failure opens it again; given up
 *   (its run was cancelled), the place is free for another.
 *
 * A permit carries the generation it was given in, and a result of an earlier generation changes nothing: requests that
 * were under way when the breaker opened cannot close it, nor push it further. Kept in one worker's memory; after a
 * crash it starts closed, and learns again.
 * Source: Nygard, "Release It!" (2007).
 */

export interface BreakerPolicy {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** The first pause; doubled with each opening in a row. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** How long to wait for another's probe before asking again. */
  readonly probeWaitMs: number;
}

interface BreakerBase {
  /** Grows with each transition. */
  readonly generation: number;
  /** Openings since it was last closed. */
  readonly openings: number;
}

export type BreakerState =
  | (BreakerBase & { readonly kind: "closed"; readonly failures: number })
  | (BreakerBase & { readonly kind: "open"; readonly untilMs: number })
  | (BreakerBase & { readonly kind: "half-open"; readonly probing: boolean });

/** `given-up`: nobody will ever know how the request ended. */
export type BreakerResult = "success" | "failure" | "given-up";

export type Permission =
  | { readonly kind: "go"; readonly generation: number }
  | { readonly kind: "wait"; readonly waitMs: number };

export const CLOSED: BreakerState = { kind: "closed", generation: 0, openings: 0, failures: 0 };

/** May a request go now? Times are monotonic ms. */
export function askBreaker(
  policy: BreakerPolicy,
  state: BreakerState,
  nowMs: number,
): { readonly state: BreakerState; readonly permission: Permission } {
  switch (state.kind) {
    case "closed":
      return { state, permission: { kind: "go", generation: state.generation } };
    case "open": {
      if (nowMs < state.untilMs) return { state, permission: { kind: "wait", waitMs: state.untilMs - nowMs } };
      const generation = state.generation + 1;
      return {
        state: { kind: "half-open", generation, openings: state.openings, probing: true },
        permission: { kind: "go", generation },
      };
    }
    case "half-open":
      if (state.probing) return { state, permission: { kind: "wait", waitMs: policy.probeWaitMs } };
      return { state: { ...state, probing: true }, permission: { kind: "go", generation: state.generation } };
  }
}

/** How the request of a permit ended. */
export function tellBreaker(
  policy: BreakerPolicy,
  state: BreakerState,
  result: { readonly generation: number; readonly result: BreakerResult },
  nowMs: number,
): BreakerState {
  if (result.generation !== state.generation || state.kind === "open") return state;
  switch (result.result) {
    case "given-up":
      return state.kind === "half-open" ? { ...state, probing: false } : state;
    case "success":
      return state.kind === "closed" ? { ...state, failures: 0 } : closed(state);
    case "failure":
      if (state.kind === "half-open") return opened(policy, state, nowMs);
      if (state.failures + 1 >= policy.threshold) return opened(policy, state, nowMs);
      return { ...state, failures: state.failures + 1 };
  }
}

function closed(state: BreakerState): BreakerState {
  return { kind: "closed", generation: state.generation + 1, openings: 0, failures: 0 };
}

function opened(policy: BreakerPolicy, state: BreakerState, nowMs: number): BreakerState {
  const pauseMs = Math.min(policy.maxOpenMs, policy.openMs * 2 ** Math.min(state.openings, 30));
  return {
    kind: "open",
    generation: state.generation + 1,
    openings: state.openings + 1,
    untilMs: nowMs + pauseMs,
  };
}
