/**
 * Looks after sockets that read more slowly than they are written to, so that one stuck reader costs the others nothing and memory stays bounded.
 *
 * Past `maxQueueBytes` a socket's channels with history are ended with `phx_error`: their clients join again, once they have read so far, and resume.
 * A socket with channels that keep no history is closed, since nothing could make up for what it would lose; so is any past twice the bound.
 * Frames sent one by one are looked at as they are sent; what the runtime fans out, soon after: bytes published in between are bounded too.
 */
import type { Timer } from "../../core/index.ts";
import { CLOSE_CODES, REASONS } from "../wire-codes.ts";
import type { GatewayContext } from "./context.ts";
import type { Membership, SocketSession } from "./socket-session.ts";
import type { Subscribers } from "./subscribers.ts";

export interface BacklogPolicy {
  readonly context: GatewayContext;
  fail(member: Membership, reason: typeof REASONS.slowConsumer): void;
  close(socket: SocketSession, code: number, reason: string): void;
}

/** Published topics are looked through at the latest after so long, or so many bytes. */
const SWEEP_MS = 10;
const SWEEP_BYTES = 256 * 1024;

export class BacklogWatch {
  readonly #policy: BacklogPolicy;
  readonly #published = new Set<Subscribers>();
  #publishedBytes = 0;
  #timer: Timer | undefined;

  constructor(policy: BacklogPolicy) {
    this.#policy = policy;
  }

  /** A frame has just been sent to the socket. */
  sent(socket: SocketSession): void {
    this.#policy.context.traffic.sent++;
    this.check(socket);
  }

  check(socket: SocketSession): void {
    const { maxQueueBytes } = this.#policy.context.limits;
    const buffered = socket.transport.bufferedBytes();
    if (buffered > maxQueueBytes && !socket.closed) this.#relieve(socket, buffered > 2 * maxQueueBytes);
  }

  /** The runtime has just taken so many bytes for each of the native ones. */
  published(subscribers: Subscribers, bytes: number): void {
    this.#published.add(subscribers);
    this.#publishedBytes += bytes;
    if (this.#publishedBytes >= SWEEP_BYTES) this.#sweep();
    else this.#timer ??= this.#policy.context.clock.after(SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#publishedBytes = 0;
    const published = [...this.#published];
    this.#published.clear();
    for (const subscribers of published) for (const member of subscribers.native()) this.check(member.socket);
  }

  #relieve(socket: SocketSession, hopeless: boolean): void {
    const members = socket.channels.all();
    const close = hopeless || members.some((member) => !member.entry.history);
    this.#policy.context.events.emit("socket.slow", { socketId: socket.identity.id, closed: close });
    if (close) return this.#policy.close(socket, CLOSE_CODES.slowConsumer, "slow consumer");
    for (const member of members) if (member.state === "joined") this.#policy.fail(member, REASONS.slowConsumer);
  }
}
