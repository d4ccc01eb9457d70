/**
 * What a person means by SIGINT and SIGTERM: the first asks the node to stop, the second forces it.
 *
 *   running ── signal ──▶ stopping ── another signal, at least SAME_PRESS_MS later ──▶ forced
 *
 * One press of Ctrl-C reaches the process more than once: the terminal signals the whole group, and npm passes its own copy on. What
 * comes within SAME_PRESS_MS counts as the same press.
 */
import type { Clock } from "../core/index.ts";

export const SAME_PRESS_MS = 300;

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

export interface StopSignals extends Disposable {
  readonly stopping: Promise<StopSignal>;
  readonly forced: Promise<void>;
}

export function watchStopSignals(source: SignalSource, clock: Clock): StopSignals {
  const stopping = Promise.withResolvers<StopSignal>();
  const forced = Promise.withResolvers<void>();
  let firstAtMs: number | undefined;
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = () => {
      const nowMs = clock.monotonicMs();
      firstAtMs ??= nowMs;
      if (nowMs - firstAtMs >= SAME_PRESS_MS) forced.resolve();
      else stopping.resolve(signal);
    };
    source.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    stopping: stopping.promise,
    forced: forced.promise,
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) source.off(signal, listener);
    },
  };
}
