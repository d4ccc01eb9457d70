import type { StandardSchemaV1 } from "@standard-schema/spec";
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Clock, type Duration, SECOND, systemClock, toMs } from "../core/index.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import type { TokenClaims } from "./sign-token.ts";
import { TokenError } from "./token-errors.ts";
import { type SigningKey, signingKeys, type TokenKeys } from "./token-keys.ts";

export interface VerifyTokenSettings<Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined> {
  /** Describes the claims: any Standard Schema. Without it they are unknown values. */
  readonly claims?: Schema;
  /** A token that is older is expired, whatever it says itself. Default: only its own end counts. */
  readonly maxAge?: Duration;
  /** Each token is good once. Default: until it expires. */
  readonly once?: ReplayGuard;
  /** How far the clocks of signer and verifier may be apart. Default 0. */
  readonly clockTolerance?: Duration;
  readonly clock?: Pick<Clock, "wallMs">;
}

export type VerifyTokenOptions<Schema extends StandardSchemaV1 | undefined = undefined> = TokenKeys &
  VerifyTokenSettings<Schema>;

type Claims<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : TokenClaims;

export interface VerifiedToken<C> {
  readonly claims: C;
  /** Wall time, ms: the earlier of its own end and `maxAge`. */
  readonly expiresAtMs: number;
  /** Unique to this token. */
  readonly id: string;
}

/** Longest token that is looked at. */
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Verifies a token of `signToken`: its signature first, then when it is valid, then its claims. Only HMAC-SHA-256 is accepted, whatever the
 * token's header says (RFC 8725 §3.1).
 * @throws TokenError with the reason as its code; InvalidInputError on keys that are none; what `once` throws.
 * @example
 * connect: async (socket) => {
 *   const { claims, expiresAtMs } = await verifyToken(socket.token, { secret, claims: z.object({ user: z.string() }) });
 *   return socket.allow({ id: `user:${claims.user}`, assigns: claims, expiresAtMs });
 * }
 */
export async function verifyToken<Schema extends StandardSchemaV1 | undefined = undefined>(
  token: string | null | undefined,
  options: VerifyTokenOptions<Schema>,
): Promise<VerifiedToken<Claims<Schema>>> {
  const { clock = systemClock, maxAge, once } = options;
  const payload = await verified(readable(token), options, clock.wallMs());
  const ends = [payload.exp, maxAge === undefined ? undefined : payload.iat && payload.iat + toMs(maxAge) / SECOND];
  const expiresAtMs = Math.min(...ends.filter((end) => end !== undefined)) * SECOND;
  const { jti: id } = payload;
  if (id === undefined || !Number.isFinite(expiresAtMs))
    throw new TokenError("token_malformed", "the token has no id or no end");
  const claims = await checkClaims(payload, options.claims);
  if (once && !(await once.take(id, expiresAtMs))) throw new TokenError("token_replayed", "the token was used before");
  return { claims: claims as Claims<Schema>, expiresAtMs, id };
}

function readable(token: string | null | undefined): string {
  if (token === null || token === undefined || token === "") throw new TokenError("token_missing", "there is no token");
  if (typeof token === "string" && token.length <= MAX_TOKEN_LENGTH) return token;
  throw new TokenError("token_malformed", `expected a token of at most ${MAX_TOKEN_LENGTH} characters`);
}

async function verified(token: string, options: TokenKeys & VerifyTokenSettings, nowMs: number): Promise<JWTPayload> {
  const { maxAge, clockTolerance } = options;
  try {
    const { payload } = await jwtVerify(token, keyOf(signingKeys(options)), {
      algorithms: ["HS256"],
      requiredClaims: ["exp", "iat", "jti"],
      currentDate: new Date(nowMs),
      clockTolerance: clockTolerance === undefined ? 0 : toMs(clockTolerance, "clockTolerance") / SECOND,
      ...(maxAge !== undefined && { maxTokenAge: toMs(maxAge, "maxAge") / SECOND }),
    });
    return payload;
  } catch (thrown) {
    throw reasonOf(thrown);
  }
}

function keyOf(keys: readonly SigningKey[]): JWTVerifyGetKey {
  return ({ kid }) => {
    const key = keys.find(({ id }) => id === kid) ?? (keys[0]?.id === undefined ? keys[0] : undefined);
    if (key) return key.bytes;
    throw new TokenError("token_unknown_key", "the token names no key that is known here");
  };
}

function reasonOf(thrown: unknown): unknown {
  if (thrown instanceof errors.JWTExpired) return new TokenError("token_expired", "the token has expired", thrown);
  if (thrown instanceof errors.JWSSignatureVerificationFailed) {
    return new TokenError("token_bad_signature", "the token was not signed with this key", thrown);
  }
  if (thrown instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError("token_bad_signature", "the token must be signed with HS256", thrown);
  }
  if (thrown instanceof errors.JWTClaimValidationFailed && thrown.reason === "check_failed") {
    return new TokenError("token_not_yet_valid", "the token is not valid yet", thrown);
  }
  return thrown instanceof errors.JOSEError
    ? new TokenError("token_malformed", "the text is no token of signToken", thrown)
    : thrown;
}

async function checkClaims(payload: JWTPayload, schema: StandardSchemaV1 | undefined): Promise<unknown> {
  const { exp: _exp, iat: _iat, nbf: _nbf, jti: _jti, ...claims } = payload;
  if (!schema) return claims;
  const result = await schema["~standard"].validate(claims);
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message, path }) => `${path?.map(String).join(".") ?? ""}: ${message}`);
  throw new TokenError("token_claims_invalid", `the token's claims are not as expected: ${issues.join("; ")}`);
}
