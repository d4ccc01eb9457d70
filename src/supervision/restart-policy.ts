import { fullJitterMs, SECOND } from "../core/index.ts";

/** How long to wait before a child is started again. Exponential with full jitter, after some restarts at once. */
export interface RestartBackoff {
  /** Restarts in a row without any delay. Default 1; `Infinity` restarts at once always, as OTP does. */
  readonly atOnce: number;
  /** Upper bound of the first delay, ms. Default 100. */
  readonly baseMs: number;
  /** Upper bound of every delay, ms. Default 30,000. */
  readonly capMs: number;
  /** A child that was up for so long begins again at the first, immediate restart. Default 30,000. */
  readonly resetAfterMs: number;
}

export const DEFAULT_BACKOFF: RestartBackoff = {
  atOnce: 1,
  baseMs: 100,
  capMs: 30 * SECOND,
  resetAfterMs: 30 * SECOND,
};

/** The delay before the `streak`-th restart in a row (≥ 1). `random` is in [0, 1). */
export function restartDelayMs(backoff: RestartBackoff, streak: number, random: number): number {
  return streak <= backoff.atOnce ? 0 : fullJitterMs(backoff, streak - backoff.atOnce, () => random);
}

/**
 * The restarts that still count, with one more at `nowMs`; `undefined` when that makes more than `intensity` within
 * `windowMs`. A restart exactly `windowMs` ago still counts, as in OTP's supervisor.erl (`add_restart`).
 */
export function admitRestart(
  timesMs: readonly number[],
  nowMs: number,
  intensity: number,
  windowMs: number,
): readonly number[] | undefined {
  if (intensity === Number.POSITIVE_INFINITY) return timesMs;
  const counted = [...timesMs.filter((time) => nowMs - time <= windowMs), nowMs];
  return counted.length > intensity ? undefined : counted;
}
