import { describe, InvalidInputError } from "../../core/index.ts";

const MAX_KEY_LENGTH = 255;
/** Every subscriber gets every meta. */
const MAX_META_LENGTH = 4_096;

/**
 * Keys that clients use as properties of plain objects: these would reach into the prototype and have crashed clients (CVE-2026-56812).
 */
const HOSTILE_KEYS: ReadonlySet<string> = new Set([
  "__proto__",
  "constructor",
  "prototype",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

export function isPresenceKey(key: unknown): key is string {
  return typeof key === "string" && key !== "" && key.length <= MAX_KEY_LENGTH && !HOSTILE_KEYS.has(key);
}

/** @throws InvalidInputError on a key or a meta that clients could not take. */
export function checkPresence(key: unknown, meta: unknown): void {
  if (!isPresenceKey(key)) {
    throw new InvalidInputError(
      "presence key",
      `a text of 1 to ${MAX_KEY_LENGTH} characters that is no property of every object`,
      key,
    );
  }
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) {
    throw new InvalidInputError(`meta of presence ${describe(key)}`, "an object", meta);
  }
  const length = JSON.stringify(meta).length;
  if (length > MAX_META_LENGTH) {
    throw new InvalidInputError(
      `meta of presence ${describe(key)}`,
      `at most ${MAX_META_LENGTH} characters of JSON`,
      length,
    );
  }
}
