/** Numbers as people read them: times ago, lengths of time, bytes, counts. */
import { DAY, HOUR, MINUTE, SECOND } from "../core/index.ts";

/** `3 s`, `12 min`, `4 h`, `2 d`: the largest unit, rounded down. */
export function span(ms: number): string {
  const least = Math.max(0, ms);
  if (least < SECOND) return `${Math.round(least)} ms`;
  if (least < MINUTE) return `${Math.floor(least / SECOND)} s`;
  if (least < HOUR) return `${Math.floor(least / MINUTE)} min`;
  if (least < 2 * DAY) return `${Math.floor(least / HOUR)} h`;
  return `${Math.floor(least / DAY)} d`;
}

export function ago(atMs: number, nowMs: number): string {
  return `${span(nowMs - atMs)} ago`;
}

/** `0.4 ms`, `12 ms`, `1.2 s`: how long something took. */
export function took(ms: number): string {
  if (ms >= SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** `182 MB`, `1.4 GB`. Of 1,024, as `ps` counts. */
export function bytes(count: number): string {
  const megabytes = count / 1024 / 1024;
  if (megabytes >= 1_000) return `${(megabytes / 1024).toFixed(1)} GB`;
  return megabytes >= 1 ? `${Math.round(megabytes)} MB` : `${Math.round(count / 1024)} KB`;
}

/** `12,345`; one decimal below ten where there is one. */
export function count(value: number): string {
  const digits = value > 0 && value < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** `1 message`, `2 messages`. */
export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `2026-11-21 06:31:07.123`, in UTC as in the logs. */
export function moment(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 23).replace("T", " ");
}
