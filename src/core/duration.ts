import { DAY, HOUR, MINUTE, SECOND } from "./clock.ts";
import { InvalidInputError } from "./errors.ts";

/** A length of time: milliseconds, or a number and a unit such as `"10 minutes"`, `"1.5 h"`, `"250ms"`. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: SECOND,
  sec: SECOND,
  second: SECOND,
  m: MINUTE,
  min: MINUTE,
  minute: MINUTE,
  h: HOUR,
  hour: HOUR,
  d: DAY,
  day: DAY,
  w: 7 * DAY,
  week: 7 * DAY,
};

/**
 * Reads a duration as milliseconds (≥ 0).
 * @throws InvalidInputError (`invalid_input`) on anything else; `path` names the value in the message.
 */
export function toMs(duration: Duration, path = "duration"): number {
  const ms = typeof duration === "number" ? duration : parse(duration);
  if (!(ms >= 0 && Number.isFinite(ms))) {
    throw new InvalidInputError(path, 'milliseconds or a text such as "10 minutes"', duration);
  }
  return ms;
}

function parse(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(String(text));
  if (!match) return Number.NaN;
  const word = (match[2] as string).toLowerCase();
  const unit = UNITS[word] ?? UNITS[word.replace(/s$/, "")]; // The whole word first: "ms" is no plural of "m".
  return unit === undefined ? Number.NaN : Number(match[1]) * unit;
}
