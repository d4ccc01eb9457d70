/**
 * Every number and reason word that Godwit's channels put on the wire, in one place; docs/reference/channels.md lists them. These are for the other side;
 * local error codes are in core/errors.ts.
 *
 * Close codes follow RFC 6455 §7.4. Phoenix clients up to 1.7 stay away after 1000 and come back after any other code; newer ones always come
 * back unless they closed themselves. So nothing here is 1000, and 4000–4999 (private use) are ours.
 */
export const CLOSE_CODES = {
  /** Closed from the server's side to be opened again: `disconnect` by id. */
  goingAway: 1001,
  /** A frame that breaks the protocol: not of the version's shape, binary where there is none. */
  protocolError: 1002,
  /** Text that is no JSON. */
  invalidPayload: 1007,
  /** A frame longer than `maxPayloadBytes`. */
  messageTooBig: 1009,
  /** The node shuts down or moves its sockets; come back, to another if there is one. */
  serviceRestart: 1012,
  /** Accepted past the connection limit, and there is room now: come back. */
  tryAgainLater: 1013,
  /** The socket reads more slowly than it is written to, past `maxQueueBytes`; its topics keep no history to resume from. */
  slowConsumer: 4001,
  /** Nothing came, not even a heartbeat, for `idleLimitMs`. */
  idle: 4002,
  /** Went on sending although every answer was `rate_limited`. */
  flooding: 4003,
  /** Its token ran out and no new one was shown in `tokenGraceMs`: come back with a new one. */
  tokenExpired: 4004,
} as const;

/** Values of `reason` in an error's response. Phoenix's own where it has one. */
export const REASONS = {
  unmatchedTopic: "unmatched topic",
  joinCrashed: "join crashed",
  tooManyChannels: "too many channels joined",
  channelCrash: "channel_crash",
  topicTooLong: "topic too long",
  eventTooLong: "event too long",
  unknownEvent: "unknown event",
  invalidPayload: "invalid payload",
  invalidParams: "invalid params",
  rateLimited: "rate_limited",
  busy: "busy",
  timeout: "timeout",
  overloaded: "overloaded",
  unavailable: "unavailable",
  workerRestarted: "worker_restarted",
  slowConsumer: "slow_consumer",
  historyGap: "history_gap",
  binaryUnsupported: "binary_unsupported",
} as const;
