/**
 * One connected socket.
 *
 * States: `open` → `closed` (for good). A socket accepted past the connection limit is `overflow`: it was never authorised, and joins nothing.
 * Invariant: `channels` holds at most one membership a topic, never an `ended` one. Dies with its connection; the client starts afresh.
 */
import { type PhoenixBody, type PhoenixRef, type PhoenixSerializer, UnencodableError } from "../../wire/index.ts";
import type { Assigns, SocketInfo } from "../protocol.ts";
import { REASONS } from "../wire-codes.ts";
import type { BacklogWatch } from "./backlog-watch.ts";
import type { SendingRate } from "./rate-limit.ts";
import { SocketChannels } from "./socket-channels.ts";
import type { SocketTransport } from "./transport.ts";

export interface SocketIdentity {
  readonly id: string | null;
  readonly assigns: Assigns;
}

export interface SocketSessionOptions {
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  readonly transport: SocketTransport;
  /** Null: past the connection limit. */
  readonly identity: SocketIdentity | null;
  /** Monotonic. */
  readonly nowMs: number;
  readonly backlog: BacklogWatch;
}

const NOBODY: SocketIdentity = { id: null, assigns: {} };

export class SocketSession {
  /** Names the socket to the backend, which keeps it with one worker. */
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  readonly transport: SocketTransport;
  readonly channels: SocketChannels = new SocketChannels();
  readonly identity: SocketIdentity;
  readonly overflow: boolean;
  closed = false;
  /** Monotonic time of the last frame received. */
  lastSeenMs: number;
  /** Messages that wait for a worker's answer. */
  inFlight = 0;
  /** Made with the first message. */
  rate: SendingRate | undefined = undefined;
  /** Answers `rate_limited` in a row. */
  refusedInARow = 0;
  readonly #backlog: BacklogWatch;

  constructor({ affinity, serializer, transport, identity, nowMs, backlog }: SocketSessionOptions) {
    this.affinity = affinity;
    this.serializer = serializer;
    this.transport = transport;
    this.identity = identity ?? NOBODY;
    this.overflow = identity === null;
    this.lastSeenMs = nowMs;
    this.#backlog = backlog;
  }

  info(): SocketInfo {
    return { id: this.identity.id, assigns: this.identity.assigns, transport: this.transport.kind };
  }

  /** Answers a message. One without a ref wants no answer. */
  reply(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, status: "ok" | "error", body: PhoenixBody): void {
    if (ref === null) return;
    const sendable = this.carries(body);
    const message = sendable
      ? { joinRef, ref, topic, status, body }
      : { joinRef, ref, topic, status: "error", body: JSON.stringify({ reason: REASONS.binaryUnsupported }) };
    this.send(this.serializer.encodeReply(message));
  }

  replyError(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, error: ErrorResponse): void {
    this.reply(joinRef, ref, topic, "error", JSON.stringify(error));
  }

  /** Pushes to the client; false when its protocol version or transport cannot carry the body. @throws UnencodableError */
  push(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, event: string, body: PhoenixBody): boolean {
    if (!this.carries(body)) return false;
    try {
      this.send(this.serializer.encodePush({ joinRef, ref, topic, event, body }));
      return true;
    } catch (thrown) {
      if (thrown instanceof UnencodableError) return false;
      throw thrown;
    }
  }

  /** Version 1.0.0 has no binary frames, and the client cannot read them over long-poll: it takes each message for JSON. */
  carries(body: PhoenixBody): boolean {
    return typeof body === "string" || (this.serializer.version === "2.0.0" && this.transport.kind === "websocket");
  }

  send(frame: string | Uint8Array): void {
    if (this.closed) return;
    if (typeof frame === "string") this.transport.sendText(frame);
    else this.transport.sendBinary(frame);
    this.#backlog.check(this);
  }
}

/** The response of an error reply. */
export interface ErrorResponse {
  readonly reason: string;
  /** Seconds. */
  readonly retry_after?: number;
  /** The same message may be sent again. */
  readonly retry?: boolean;
  readonly [more: string]: unknown;
}
