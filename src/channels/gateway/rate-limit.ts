/**
 * How fast one socket sends, as two token buckets in one object: tokens flow in by the second, up to two seconds' worth (or one largest frame).
 * One of these hangs on every socket, so it is three numbers and no more. Times are monotonic ms.
 * Source: Turner, "New directions in communications", 1986 (the leaky bucket as a meter).
 */
import type { ChannelLimits } from "../limits.ts";

export type RateLimits = Pick<ChannelLimits, "messagesPerSecond" | "bytesPerSecond" | "maxPayloadBytes">;

const BURST_SECONDS = 2;

export class SendingRate {
  #messages: number;
  #bytes: number;
  #atMs: number;

  constructor(limits: RateLimits, nowMs: number) {
    this.#messages = BURST_SECONDS * limits.messagesPerSecond;
    this.#bytes = byteBurst(limits);
    this.#atMs = nowMs;
  }

  /** Takes one message of so many bytes, or says which limit it would pass; then nothing is taken. */
  take(bytes: number, limits: RateLimits, nowMs: number): "messagesPerSecond" | "bytesPerSecond" | undefined {
    const seconds = (nowMs - this.#atMs) / 1_000;
    const { messagesPerSecond, bytesPerSecond } = limits;
    this.#atMs = nowMs;
    this.#messages = Math.min(BURST_SECONDS * messagesPerSecond, this.#messages + inflow(seconds, messagesPerSecond));
    this.#bytes = Math.min(byteBurst(limits), this.#bytes + inflow(seconds, bytesPerSecond));
    if (this.#messages < 1) return "messagesPerSecond";
    if (this.#bytes < bytes) return "bytesPerSecond";
    this.#messages -= 1;
    this.#bytes -= bytes;
    return undefined;
  }
}

function byteBurst({ bytesPerSecond, maxPayloadBytes }: RateLimits): number {
  return Math.max(BURST_SECONDS * bytesPerSecond, maxPayloadBytes);
}

/** Without a limit (`Infinity`) nothing needs to flow: the bucket never empties. */
function inflow(seconds: number, perSecond: number): number {
  return perSecond === Number.POSITIVE_INFINITY ? 0 : seconds * perSecond;
}
