/** What the two JSON serializers share: parsing, the checks of a message's fields, and finding a payload's text again. */
import { MalformedFrameError, type PhoenixRef } from "./phoenix-frame.ts";

/** @throws MalformedFrameError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedFrameError("JSON", true);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws MalformedFrameError */
export function refField(value: unknown, name: string): PhoenixRef {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return value;
  throw new MalformedFrameError(`${name} to be a string or null`);
}

/** @throws MalformedFrameError */
export function textField(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new MalformedFrameError(`${name} to be a string`);
}

/** @throws MalformedFrameError */
export function objectField(value: unknown): object {
  if (isObject(value)) return value;
  throw new MalformedFrameError("payload to be an object");
}
