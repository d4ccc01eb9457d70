import { SignJWT } from "jose";
import { type Clock, type Duration, InvalidInputError, SECOND, systemClock, toMs } from "../core/index.ts";
import { signingKeys, type TokenKeys } from "./token-keys.ts";

/** What a token says: JSON values. The whole token is readable by whoever holds it. */
export type TokenClaims = Readonly<Record<string, unknown>>;

export interface SignTokenSettings {
  /** How long it is valid. Default 1 day. */
  readonly maxAge?: Duration;
  /** It is valid only after so long. Default: at once. */
  readonly validAfter?: Duration;
  readonly clock?: Pick<Clock, "wallMs">;
}

export type SignTokenOptions = TokenKeys & SignTokenSettings;

/** Claims that say when, by whom and which: set by the options. */
const RESERVED: readonly string[] = ["exp", "iat", "nbf", "jti"];

/**
 * Signs claims: a JSON Web Token (RFC 7519) with HMAC-SHA-256, an id, and an end.
 * @throws InvalidInputError on a secret that is too short, a reserved claim (`exp`, `iat`, `nbf`, `jti`) or a duration that is none.
 * @example
 * const token = await signToken({ user: "ada" }, { secret: process.env.TOKEN_SECRET!, maxAge: "1 hour" });
 */
export async function signToken(claims: TokenClaims, options: SignTokenOptions): Promise<string> {
  const [{ id, bytes }] = signingKeys(options);
  for (const name of RESERVED) {
    if (name in claims)
      throw new InvalidInputError(`claims.${name}`, "nothing: it is set by the options", claims[name]);
  }
  const { maxAge = "1 day", validAfter = 0, clock = systemClock } = options;
  const nowSeconds = Math.floor(clock.wallMs() / SECOND);
  const fromSeconds = nowSeconds + Math.ceil(toMs(validAfter, "validAfter") / SECOND);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT", ...(id !== undefined && { kid: id }) })
    .setIssuedAt(nowSeconds)
    .setNotBefore(fromSeconds)
    .setExpirationTime(fromSeconds + Math.ceil(toMs(maxAge, "maxAge") / SECOND))
    .setJti(crypto.randomUUID())
    .sign(bytes);
}
