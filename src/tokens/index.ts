export { createReplayGuard, type MemoryReplayGuardOptions, type ReplayGuard } from "./replay-guard.ts";
export { type SignTokenOptions, type SignTokenSettings, signToken, type TokenClaims } from "./sign-token.ts";
export { TokenError, type TokenErrorCode } from "./token-errors.ts";
export type { TokenKey, TokenKeys } from "./token-keys.ts";
export { type VerifiedToken, type VerifyTokenOptions, type VerifyTokenSettings, verifyToken } from "./verify-token.ts";
