/** Numbers and times as people read them. */
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `1,204`. */
export const whole = (value: number): string => WHOLE.format(value);

/** A rate: tenths while it is small. */
export const rate = (value: number): string => (value > 0 && value < 10 ? TENTHS : WHOLE).format(value);

/** `12.4K`, for axes. */
export const short = (value: number): string => SHORT.format(value);

/** `–` where nothing was measured. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return "–";
  if (ms >= 10_000) return `${TENTHS.format(ms / 1_000)} s`;
  return `${ms < 10 ? TENTHS.format(ms) : WHOLE.format(ms)} ms`;
}

const MIB = 2 ** 20;

export function bytes(count: number): string {
  return count >= 1024 * MIB ? `${TENTHS.format(count / 1024 / MIB)} GiB` : `${WHOLE.format(count / MIB)} MiB`;
}

/** The two largest units: `3 d 4 h`, `12 m 5 s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** The largest unit: `3 d ago`, `now`. */
export function ago(ms: number): string {
  if (ms < 1_500) return "now";
  return `${span(ms).split(" ").slice(0, 2).join(" ")} ago`;
}

/** `06:13:49`, local. */
export function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}

/** `21 Nov 06:13:49`, local. */
export function dateTime(atMs: number): string {
  const date = new Date(atMs).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return `${date} ${clockTime(atMs)}`;
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}
