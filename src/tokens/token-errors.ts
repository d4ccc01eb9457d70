import { GodwitError } from "../core/index.ts";

/** Why a token is not accepted. */
export type TokenErrorCode =
  | "token_missing"
  | "token_malformed"
  | "token_bad_signature"
  | "token_unknown_key"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_claims_invalid"
  | "token_replayed";

/** A token is not accepted. Its text is never repeated. Not retryable: a new token is needed. */
export class TokenError extends GodwitError {
  declare readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}
