/** The secrets that tokens are signed with. */
import { InvalidInputError } from "../core/index.ts";

export interface TokenKey {
  /** Travels in the token (`kid`), so that it is verified with the key that signed it. */
  readonly id: string;
  /** At least 32 bytes of UTF-8, as long as what HMAC-SHA-256 gives (RFC 7518 §3.2). */
  readonly secret: string;
}

/**
 * Either one secret, or several keys: the first signs, all verify. To rotate, put a new key first, and take the old one out when the last
 * token that it signed has run out.
 */
export type TokenKeys = { readonly secret: string } | { readonly keys: readonly TokenKey[] };

export interface SigningKey {
  /** Undefined: a single secret has no name. */
  readonly id: string | undefined;
  readonly bytes: Uint8Array;
}

const LEAST_SECRET_BYTES = 32;

/** First the one that signs. @throws InvalidInputError, without a word of the secrets. */
export function signingKeys(given: TokenKeys): readonly [SigningKey, ...SigningKey[]] {
  if ("secret" in given) return [{ id: undefined, bytes: secretBytes("secret", given.secret) }];
  const [first, ...rest] = given.keys.map(({ id, secret }, index) => {
    if (typeof id !== "string" || id === "") throw new InvalidInputError(`keys[${index}].id`, "a name", id);
    return { id, bytes: secretBytes(`keys[${index}].secret`, secret) };
  });
  if (!first) throw new InvalidInputError("keys", "at least one key", given.keys);
  if (new Set(given.keys.map(({ id }) => id)).size < given.keys.length) {
    throw new InvalidInputError("keys", "a different id for each", given.keys.map(({ id }) => id).join(", "));
  }
  return [first, ...rest];
}

function secretBytes(path: string, secret: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(typeof secret === "string" ? secret : "");
  if (bytes.length >= LEAST_SECRET_BYTES) return bytes;
  throw new InvalidInputError(path, `a text of at least ${LEAST_SECRET_BYTES} bytes`, `${bytes.length} bytes`);
}
