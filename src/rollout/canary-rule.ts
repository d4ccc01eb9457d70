/** A canary's rule, decided from the numbers alone. */
import type { WorkSummary } from "./work-stats.ts";

export interface CanaryRule {
  /** It is promoted when it has stood for so long, ms. */
  readonly promoteAfterMs: number;
  /** It is withdrawn as soon as its error rate is above this, 0 to 1. */
  readonly maxErrorRate: number;
}

export type CanaryVerdict =
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "promote"; readonly reason: string }
  | { readonly kind: "withdraw"; readonly reason: string };

/** Fewer prove nothing, neither way. */
const LEAST_HANDLED = 20;

export function judgeCanary(rule: CanaryRule, canary: WorkSummary, stoodMs: number): CanaryVerdict {
  const { handled, errorRate } = canary;
  if (handled < LEAST_HANDLED)
    return { kind: "wait", reason: `it has handled ${handled} of at least ${LEAST_HANDLED}` };
  const rate = `error rate ${percent(errorRate)} of ${handled}, at most ${percent(rule.maxErrorRate)} allowed`;
  if (errorRate > rule.maxErrorRate) return { kind: "withdraw", reason: rate };
  if (stoodMs >= rule.promoteAfterMs) return { kind: "promote", reason: rate };
  return { kind: "wait", reason: `${Math.ceil((rule.promoteAfterMs - stoodMs) / 1_000)} s to go; ${rate}` };
}

function percent(rate: number): string {
  return `${Math.round(rate * 1_000) / 10} %`;
}
