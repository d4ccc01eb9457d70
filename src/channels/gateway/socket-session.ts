/**
 * One connected socket, and its joins of topics (`Membership`, below).
 *
 * States: `open` → `closed` (for good). A socket accepted past the connection limit is `overflow`: it was never authorised, and joins nothing.
 * Invariant: `channels` holds at most one membership a topic, never an `ended` one. Dies with its connection; the client starts afresh.
 */
import {
  type ClientMessage,
  type PhoenixBody,
  type PhoenixRef,
  type PhoenixSerializer,
  UnencodableError,
} from "../../wire/index.ts";
import type { ChannelEntry } from "../manifest.ts";
import type { Assigns, AssignsChange, Attachment, ChannelCommand, ChannelId, SocketInfo } from "../protocol.ts";
import { REASONS } from "../wire-codes.ts";
import type { SendingRate } from "./rate-limit.ts";
import { SocketChannels } from "./socket-channels.ts";
import type { SocketTransport } from "./transport.ts";

/** Told of each frame sent, to look after the socket's queue. */
export interface SendObserver {
  sent(socket: SocketSession): void;
}

export interface SocketIdentity {
  readonly id: string | null;
  readonly assigns: Assigns;
  /** Wall time, ms; null or absent: for good. */
  readonly expiresAtMs?: number | null;
}

export interface SocketSessionOptions {
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  readonly transport: SocketTransport;
  /** Null: past the connection limit. */
  readonly identity: SocketIdentity | null;
  /** Monotonic. */
  readonly nowMs: number;
  readonly backlog: SendObserver;
}

export const NOBODY: SocketIdentity = { id: null, assigns: {} };

export class SocketSession {
  /** Names the socket to the backend, which keeps it with one worker. */
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  readonly transport: SocketTransport;
  readonly channels: SocketChannels<Membership> = new SocketChannels();
  identity: SocketIdentity;
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
  readonly #backlog: SendObserver;

  constructor({ affinity, serializer, transport, identity, nowMs, backlog }: SocketSessionOptions) {
    this.affinity = affinity;
    this.serializer = serializer;
    this.transport = transport;
    this.identity = identity ?? NOBODY;
    this.overflow = identity === null;
    this.lastSeenMs = nowMs;
    this.#backlog = backlog;
  }

  /** Its client has shown a new token: workers are told with the next message of each channel. */
  refresh(update: Required<Pick<SocketIdentity, "assigns" | "expiresAtMs">>): void {
    this.identity = { ...this.identity, ...update };
    for (const member of this.channels.all()) member.attachedTo = undefined;
  }

  info(): SocketInfo {
    return { id: this.identity.id, assigns: this.identity.assigns, transport: this.transport.kind };
  }

  /** Answers a message. One without a ref wants no answer. Where the client cannot be sent the body, it hears that. */
  reply(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, status: "ok" | "error", body: PhoenixBody): void {
    if (ref === null) return;
    const frame = this.#encode(body, () => this.serializer.encodeReply({ joinRef, ref, topic, status, body }));
    if (frame !== null) return this.send(frame);
    const refusal = JSON.stringify({ reason: REASONS.binaryUnsupported });
    this.send(this.serializer.encodeReply({ joinRef, ref, topic, status: "error", body: refusal }));
  }

  replyError(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, error: ErrorResponse): void {
    this.reply(joinRef, ref, topic, "error", JSON.stringify(error));
  }

  /** Pushes to the client; false when it cannot be sent the body. */
  push(joinRef: PhoenixRef, ref: PhoenixRef, topic: string, event: string, body: PhoenixBody): boolean {
    const frame = this.#encode(body, () => this.serializer.encodePush({ joinRef, ref, topic, event, body }));
    if (frame !== null) this.send(frame);
    return frame !== null;
  }

  /** Version 1.0.0 has no binary frames, and the client cannot read them over long-poll: it takes each message for JSON. */
  carries(body: PhoenixBody): boolean {
    return typeof body === "string" || (this.serializer.version === "2.0.0" && this.transport.kind === "websocket");
  }

  send(frame: string | Uint8Array): void {
    if (this.closed) return;
    if (typeof frame === "string") this.transport.sendText(frame);
    else this.transport.sendBinary(frame);
    this.#backlog.sent(this);
  }

  /** Null when the client's version, its transport, or a binary frame's field sizes cannot carry the message. */
  #encode(body: PhoenixBody, encode: () => string | Uint8Array): string | Uint8Array | null {
    if (!this.carries(body)) return null;
    try {
      return encode();
    } catch (thrown) {
      if (thrown instanceof UnencodableError) return null;
      throw thrown;
    }
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

export type MembershipState = "joining" | "joined" | "ended";

export const NO_ASSIGNS: Assigns = Object.freeze({});

/**
 * One join of one topic by one socket.
 *
 * States: `joining` (the worker was asked; commands of its handlers are kept back, so that the join's reply precedes any message of the
 * topic) → `joined` → `ended`. Or `joining` → `ended`, when it was refused, left or replaced before the answer came; the answer is then void.
 * Invariant: only a `joined` membership is among its topic's subscribers, and every one that holds its topic releases it. Lives as long as its
 * socket; a worker's death does not touch it.
 */
export class Membership {
  readonly id: ChannelId;
  readonly socket: SocketSession;
  readonly topic: string;
  readonly joinRef: PhoenixRef;
  entry: ChannelEntry;
  state: MembershipState = "joining";
  assigns: Assigns = NO_ASSIGNS;
  assignsVersion = 0;
  /** The worker that was last told of this channel. */
  attachedTo: string | undefined = undefined;
  /** Does it hold its topic open? From the worker's consent to the end. */
  retained = false;
  /** Commands kept back; undefined once it is a subscriber. */
  held: ChannelCommand[] | undefined = [];
  /** Messages that a worker has in hand. */
  inFlight = 0;
  /** Messages kept back: until it has joined, or until the worker that it moves away from has answered what it has in hand. */
  kept: ClientMessage[] | undefined = undefined;
  /** Presences that this channel tracks: key → ref. */
  presences: Map<string, string> | undefined = undefined;

  constructor(id: ChannelId, socket: SocketSession, topic: string, joinRef: PhoenixRef, entry: ChannelEntry) {
    this.id = id;
    this.socket = socket;
    this.topic = topic;
    this.joinRef = joinRef;
    this.entry = entry;
  }

  /** Takes over changed assigns, unless newer ones are here already. */
  applyAssigns(change: AssignsChange | null): void {
    if (change === null || change.version <= this.assignsVersion) return;
    this.assigns = isEmpty(change.value) ? NO_ASSIGNS : change.value;
    this.assignsVersion = change.version;
  }

  attachment(): Attachment {
    return {
      topic: this.topic,
      socket: this.socket.info(),
      assigns: this.assigns,
      assignsVersion: this.assignsVersion,
    };
  }
}

function isEmpty(assigns: Assigns): boolean {
  for (const _key in assigns) return false;
  return true;
}
