import { GodwitError } from "../core/index.ts";
import type { Payload } from "./types.ts";

/**
 * - `push_refused`, `join_refused`: the server's answer is in `response`, its `reason` in the message.
 * - `push_timeout`: no answer in time; what the push did is unknown, unless it was never sent.
 * - `connection_lost`: the connection broke, or the channel crashed, before the answer; what the push did is unknown.
 * - `too_many_unsent`: too much waits for the connection; nothing was sent.
 * - `client_closed`: the channel was left, or the client closed.
 */
export type ClientErrorCode =
  | "push_refused"
  | "join_refused"
  | "push_timeout"
  | "connection_lost"
  | "too_many_unsent"
  | "client_closed";

/** A push or a join did not succeed. */
export class ClientError extends GodwitError {
  declare readonly code: ClientErrorCode;
  /** What the server said; empty when it said nothing. */
  readonly response: Payload;

  constructor(code: ClientErrorCode, message: string, response: Payload = {}) {
    super(code, message, { retryable: response.retry === true || code === "too_many_unsent" });
    this.response = response;
  }
}
