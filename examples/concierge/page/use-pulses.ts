import { useEffect, useRef, useState } from "preact/hooks";

/** What takes the node a few milliseconds is shown one leg after the other, so that an eye can follow. */
const LEG_MS = 320;

/**
 * Turns counters (one a leg of the way, first leg first) into pulses to draw: a leg never lights up sooner than `LEG_MS` after the one
 * before it. Returns how often each leg has lit up.
 */
export function usePulses(counts: readonly number[]): readonly number[] {
  const [pulses, setPulses] = useState<readonly number[]>(counts.map(() => 0));
  const seen = useRef<readonly number[]>(counts.map(() => 0));
  const notBeforeMs = useRef<number[]>(counts.map(() => 0));
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());

  useEffect(() => () => timers.current.forEach(clearTimeout), []);
  // The counters are the dependencies, not the array that carries them.
  useEffect(() => {
    const nowMs = performance.now();
    counts.forEach((count, leg) => {
      if (count <= (seen.current[leg] ?? 0)) return;
      const atMs = Math.max(nowMs, notBeforeMs.current[leg] ?? 0);
      notBeforeMs.current[leg + 1] = atMs + LEG_MS;
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        setPulses((before) => before.map((pulse, index) => (index === leg ? pulse + 1 : pulse)));
      }, atMs - nowMs);
      timers.current.add(timer);
    });
    seen.current = counts;
  }, counts);
  return pulses;
}
