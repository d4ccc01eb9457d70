/** What a socket sends: decoded once, held against the limits, and handed on. A frame that is none closes its own socket alone. */
import { type ClientMessage, MalformedFrameError } from "../../wire/index.ts";
import { HEARTBEAT_TOPIC } from "../pattern.ts";
import { CLOSE_CODES, REASONS } from "../wire-codes.ts";
import type { ChannelLifecycle } from "./channel-lifecycle.ts";
import type { GatewayContext } from "./context.ts";
import type { SocketSession } from "./socket-session.ts";

export class Inbound {
  readonly #context: GatewayContext;
  readonly #lifecycle: ChannelLifecycle;
  readonly #close: (socket: SocketSession, code: number, reason: string) => void;

  constructor(
    context: GatewayContext,
    lifecycle: ChannelLifecycle,
    close: (socket: SocketSession, code: number, reason: string) => void,
  ) {
    this.#context = context;
    this.#lifecycle = lifecycle;
    this.#close = close;
  }

  receive(socket: SocketSession, frame: string | Uint8Array): void {
    if (socket.closed) return;
    socket.lastSeenMs = this.#context.clock.monotonicMs();
    const message = this.#decode(socket, frame);
    if (message) this.#dispatch(socket, message);
  }

  #decode(socket: SocketSession, frame: string | Uint8Array): ClientMessage | undefined {
    try {
      return typeof frame === "string" ? socket.serializer.decodeText(frame) : socket.serializer.decodeBinary(frame);
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrameError)) throw thrown;
      this.#close(socket, CLOSE_CODES.protocolError, thrown.message);
      return undefined;
    }
  }

  #dispatch(socket: SocketSession, message: ClientMessage): void {
    if (message.topic === HEARTBEAT_TOPIC) return heartbeat(socket, message);
    if (message.event === "phx_join") return this.#track(socket, this.#lifecycle.join(socket, message));
    const member = socket.channels.get(message.topic);
    if (!member) return unjoined(socket, message);
    // A message of an earlier join of this topic: what it was about has ended. Leaves too, as in Phoenix.
    if (message.joinRef !== null && message.joinRef !== member.joinRef) return;
    if (message.event === "phx_leave") return this.#lifecycle.leave(member, message);
    return this.#track(socket, this.#lifecycle.push(member, message));
  }

  /** Counts what waits for a worker. */
  #track(socket: SocketSession, work: Promise<void>): void {
    socket.inFlight++;
    work
      .catch((error) => this.#context.events.emit("error.caught", { stage: "channels.inbound", error }))
      .finally(() => socket.inFlight--);
  }
}

function heartbeat(socket: SocketSession, message: ClientMessage): void {
  if (message.event === "heartbeat") socket.reply(null, message.ref, message.topic, "ok", "{}");
  else socket.replyError(null, message.ref, message.topic, { reason: REASONS.unmatchedTopic });
}

function unjoined(socket: SocketSession, message: ClientMessage): void {
  if (message.event === "phx_leave") socket.reply(message.joinRef, message.ref, message.topic, "ok", "{}");
  else socket.replyError(null, message.ref, message.topic, { reason: REASONS.unmatchedTopic });
}
