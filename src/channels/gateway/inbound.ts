/** What a socket sends: held against the limits, decoded once, and handed on. A frame that is none closes its own socket alone. */
import { type ClientMessage, MalformedFrameError } from "../../wire/index.ts";
import { HEARTBEAT_TOPIC, TOKEN_EVENT } from "../pattern.ts";
import { CLOSE_CODES, REASONS } from "../wire-codes.ts";
import { type ChannelLifecycle, seconds } from "./channel-lifecycle.ts";
import type { GatewayContext } from "./context.ts";
import { SendingRate } from "./rate-limit.ts";
import type { ErrorResponse, SocketSession } from "./socket-session.ts";
import type { Sockets } from "./sockets.ts";
import type { TokenRefresh } from "./token-refresh.ts";

/** So many refusals in a row, without one message let through, and a client is not slowing down. */
const FLOOD_AFTER = 1_000;

export class Inbound {
  readonly #context: GatewayContext;
  readonly #lifecycle: ChannelLifecycle;
  readonly #sockets: Sockets;
  readonly #tokens: TokenRefresh;

  constructor(context: GatewayContext, lifecycle: ChannelLifecycle, sockets: Sockets, tokens: TokenRefresh) {
    this.#context = context;
    this.#lifecycle = lifecycle;
    this.#sockets = sockets;
    this.#tokens = tokens;
  }

  receive(socket: SocketSession, frame: string | Uint8Array): void {
    if (socket.closed) return;
    this.#context.traffic.received++;
    socket.lastSeenMs = this.#context.clock.monotonicMs();
    if (frame.length > this.#context.limits.maxPayloadBytes) {
      return this.#sockets.close(socket, CLOSE_CODES.messageTooBig, "message too big");
    }
    const message = this.#decode(socket, frame);
    if (!message) return;
    const refusal = this.#held(socket, frame.length) ?? this.#unfit(socket, message);
    if (refusal) return socket.replyError(message.joinRef, message.ref, message.topic, refusal);
    this.#dispatch(socket, message);
  }

  reject(socket: SocketSession, error: MalformedFrameError): void {
    this.#sockets.close(
      socket,
      error.jsonBroken ? CLOSE_CODES.invalidPayload : CLOSE_CODES.protocolError,
      error.message,
    );
  }

  #decode(socket: SocketSession, frame: string | Uint8Array): ClientMessage | undefined {
    try {
      return typeof frame === "string" ? socket.serializer.decodeText(frame) : socket.serializer.decodeBinary(frame);
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrameError)) throw thrown;
      this.reject(socket, thrown);
      return undefined;
    }
  }

  /** Is the socket sending too fast? */
  #held(socket: SocketSession, bytes: number): ErrorResponse | undefined {
    const { limits } = this.#context;
    const now = socket.lastSeenMs;
    socket.rate ??= new SendingRate(limits, now);
    const limit = socket.rate.take(bytes, limits, now);
    if (!limit) {
      socket.refusedInARow = 0;
      return undefined;
    }
    this.#context.events.emit("socket.limited", { limit, socketId: socket.identity.id });
    if (++socket.refusedInARow > FLOOD_AFTER) this.#sockets.close(socket, CLOSE_CODES.flooding, "flooding");
    return { reason: REASONS.rateLimited, limit, retry: true, retry_after: 1 };
  }

  #unfit(socket: SocketSession, { topic, event }: ClientMessage): ErrorResponse | undefined {
    const { maxTopicBytes, maxInFlightPerSocket } = this.#context.limits;
    if (isLonger(topic, maxTopicBytes)) return { reason: REASONS.topicTooLong, limit: maxTopicBytes };
    if (isLonger(event, maxTopicBytes)) return { reason: REASONS.eventTooLong, limit: maxTopicBytes };
    const waits = event !== "phx_leave" && topic !== HEARTBEAT_TOPIC;
    if (waits && socket.inFlight >= maxInFlightPerSocket) return { reason: REASONS.busy, retry: true, retry_after: 1 };
    return undefined;
  }

  #dispatch(socket: SocketSession, message: ClientMessage): void {
    if (message.topic === HEARTBEAT_TOPIC) return this.#ofSocket(socket, message);
    if (message.event === "phx_join") return this.#join(socket, message);
    const member = socket.channels.get(message.topic);
    if (!member) return unjoined(socket, message);
    // A message of an earlier join of this topic: what it was about has ended. Leaves too, as in Phoenix.
    if (message.joinRef !== null && message.joinRef !== member.joinRef) return;
    if (message.event === "phx_leave") return this.#lifecycle.leave(member, message);
    void this.#lifecycle.push(member, message);
  }

  /** What is about the socket itself and no channel. */
  #ofSocket(socket: SocketSession, message: ClientMessage): void {
    if (message.event === "heartbeat") return socket.reply(null, message.ref, message.topic, "ok", "{}");
    if (message.event === TOKEN_EVENT && !socket.overflow) return void this.#tokens.take(socket, message);
    socket.replyError(null, message.ref, message.topic, { reason: REASONS.unmatchedTopic });
  }

  #join(socket: SocketSession, message: ClientMessage): void {
    if (!socket.overflow) {
      void this.#lifecycle.join(socket, message);
      return;
    }
    // Never authorised. When there is room now, its client should come again.
    if (this.#sockets.hasRoom) return this.#sockets.close(socket, CLOSE_CODES.tryAgainLater, "try again");
    const retry_after = seconds(this.#context.limits.retryAfterMs);
    return socket.replyError(message.joinRef, message.ref, message.topic, { reason: REASONS.overloaded, retry_after });
  }
}

function unjoined(socket: SocketSession, message: ClientMessage): void {
  if (message.event === "phx_leave") socket.reply(message.joinRef, message.ref, message.topic, "ok", "{}");
  else socket.replyError(null, message.ref, message.topic, { reason: REASONS.unmatchedTopic });
}

/** More UTF-8 bytes than `limit`? A UTF-16 unit takes one to three. */
function isLonger(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  return text.length > limit || new TextEncoder().encode(text).length > limit;
}
