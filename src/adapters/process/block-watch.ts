/**
 * Whether a process has been silent for too long, decided from the times of its heartbeats and of the watcher's own looks.
 *
 * The watcher looks every `intervalMs`. A look that comes late says that the watcher itself did not run: the machine was
 * suspended, or the watcher's own loop was blocked; heartbeats could not be heard meanwhile, so that time is nobody's silence
 * and is taken off. Silence is counted in the watcher's waking time.
 */
export interface BlockWatch {
  /** Monotonic ms of the last heartbeat, moved on by what was taken off. */
  readonly heardMs: number;
  /** Monotonic ms of the last look. */
  readonly lookedMs: number;
}

export interface BlockLimits {
  /** Time between two looks, ms. */
  readonly intervalMs: number;
  /** A silence of so long is a blocked process, ms. */
  readonly limitMs: number;
}

/** A look that is late by more than this many intervals was not merely delayed by a busy machine. */
const LATE_INTERVALS = 2;

export function openWatch(nowMs: number): BlockWatch {
  return { heardMs: nowMs, lookedMs: nowMs };
}

/** A heartbeat was heard. */
export function hear(watch: BlockWatch, nowMs: number): BlockWatch {
  return { ...watch, heardMs: nowMs };
}

/** One look: the watch as it goes on, and for how long the process has been silent. */
export function look(
  watch: BlockWatch,
  nowMs: number,
  { intervalMs, limitMs }: BlockLimits,
): { readonly watch: BlockWatch; readonly silentMs: number; readonly blocked: boolean } {
  const gapMs = nowMs - watch.lookedMs;
  const lostMs = gapMs > LATE_INTERVALS * intervalMs ? gapMs - intervalMs : 0;
  const heardMs = Math.min(nowMs, watch.heardMs + lostMs);
  const silentMs = nowMs - heardMs;
  return { watch: { heardMs, lookedMs: nowMs }, silentMs, blocked: silentMs >= limitMs };
}
