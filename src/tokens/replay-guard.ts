import { BusyError, type Clock, SECOND, systemClock } from "../core/index.ts";

/** Remembers tokens that were used. Yours may keep them where all nodes see them. */
export interface ReplayGuard {
  /** Takes the token with this id; false when it was taken before. It may be forgotten after `expiresAtMs` (wall time). */
  take(tokenId: string, expiresAtMs: number): boolean | Promise<boolean>;
}

export interface MemoryReplayGuardOptions {
  /** Tokens that are remembered at once. Past it: `busy`, as forgetting one would let it in again. Default 100,000. */
  readonly maxTokens?: number;
  readonly clock?: Pick<Clock, "wallMs">;
}

/** Remembers used tokens in this process alone: enough where one worker judges them. @throws BusyError when full of tokens that are still valid. */
export function createReplayGuard({
  maxTokens = 100_000,
  clock = systemClock,
}: MemoryReplayGuardOptions = {}): ReplayGuard {
  const used = new Map<string, number>();
  const forgetExpired = (now: number): void => {
    for (const [id, expiresAtMs] of used) if (expiresAtMs <= now) used.delete(id);
  };
  return {
    take(tokenId, expiresAtMs) {
      if (used.has(tokenId)) return false;
      if (used.size >= maxTokens) forgetExpired(clock.wallMs());
      if (used.size >= maxTokens) throw new BusyError("the memory of used tokens", SECOND);
      used.set(tokenId, expiresAtMs);
      return true;
    },
  };
}
