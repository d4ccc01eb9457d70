import { InvalidInputError, MINUTE, SECOND } from "../core/index.ts";

/** What one gateway takes. Each is a bound on what one client, or all of them, may cost the node. */
export interface ChannelLimits {
  /** Sockets of this gateway. Past it sockets are accepted but their joins refused with `retry_after`. Default 100,000. */
  readonly maxConnections: number;
  /** Joined topics a socket. Past it: `too many channels joined`. Default 1,000. */
  readonly maxChannelsPerSocket: number;
  /** Messages a second and socket, heartbeats included, with a burst of two seconds' worth. Past it: `rate_limited`. Default 1,000. */
  readonly messagesPerSecond: number;
  /** Bytes received a second and socket, with a burst of two seconds' worth or one largest frame. Past it: `rate_limited`. Default 4 MiB. */
  readonly bytesPerSecond: number;
  /** Size of one received frame. Past it the socket is closed with 1009. Default 1 MiB. */
  readonly maxPayloadBytes: number;
  /** UTF-8 bytes of a topic (and of an event). Binary frames hold no more than 255. Default 255. */
  readonly maxTopicBytes: number;
  /** Messages of one socket that wait for a worker's answer. Past it: `busy`. Default 1,000. */
  readonly maxInFlightPerSocket: number;
  /**
   * Bytes that wait to be sent to one socket. Past it topics with history are dropped, to be resumed later; without, the socket closes with 4001.
   * Default 1 MiB.
   */
  readonly maxQueueBytes: number;
  /** A socket that sent nothing for so long, not even a heartbeat, is closed with 4002. Default 60 s, twice the client's heartbeat. */
  readonly idleLimitMs: number;
  /** What `overloaded` and `unavailable` tell a client to wait, ms; on the wire in whole seconds. Default 5 s. */
  readonly retryAfterMs: number;
  /** Messages that one resume may send; a client that missed more gets `recovered: false`. Default 1,000. */
  readonly maxResumeMessages: number;
  /** Changes of presence within this time go out as one `presence_diff`. Default 10 ms. */
  readonly presenceWindowMs: number;
  /** A socket whose token has run out may show a new one for so long; then it is closed with 4004. Default 30 s. */
  readonly tokenGraceMs: number;
  /** Presences that one channel may track. Default 100. */
  readonly maxPresencesPerChannel: number;
}

export const DEFAULT_CHANNEL_LIMITS: ChannelLimits = {
  maxConnections: 100_000,
  maxChannelsPerSocket: 1_000,
  messagesPerSecond: 1_000,
  bytesPerSecond: 4 * 1024 * 1024,
  maxPayloadBytes: 1024 * 1024,
  maxTopicBytes: 255,
  maxInFlightPerSocket: 1_000,
  maxQueueBytes: 1024 * 1024,
  idleLimitMs: MINUTE,
  retryAfterMs: 5 * SECOND,
  maxResumeMessages: 1_000,
  presenceWindowMs: 10,
  tokenGraceMs: 30 * SECOND,
  maxPresencesPerChannel: 100,
};

/** Fills in the defaults. @throws InvalidInputError naming a limit that is not a positive number. */
export function channelLimits(given: Partial<ChannelLimits> = {}): ChannelLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!(typeof value === "number" && value > 0)) {
      throw new InvalidInputError(`limits.${name}`, "a number above 0 (Infinity for none)", value);
    }
  }
  return { ...DEFAULT_CHANNEL_LIMITS, ...given };
}
