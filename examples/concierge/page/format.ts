/** `1.8 ms`, `24 ms`, `1.2 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 || Number.isInteger(ms) ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** Time of day to the second, 24 h. */
export function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}
