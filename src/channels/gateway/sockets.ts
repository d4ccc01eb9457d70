/**
 * Every socket of this gateway, from its opening to its end, and the two ways to that: closed from here, or gone.
 * Invariant: a socket that is not in here is `closed`, and has no channels.
 */
import { CLOSE_CODES } from "../wire-codes.ts";
import type { GatewayContext } from "./context.ts";
import { closeSpread } from "./drain.ts";
import { ExpiryWatch } from "./expiry-watch.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { SocketSession } from "./socket-session.ts";

export class Sockets {
  readonly #context: GatewayContext;
  readonly #ended: (socket: SocketSession) => void;
  readonly #all = new Set<SocketSession>();
  readonly #byId = new Map<string, Set<SocketSession>>();
  readonly #idle: IdleWatch;
  readonly #expiry: ExpiryWatch;
  #overflow = 0;
  #draining = false;

  /** `ended`: the socket is gone; its channels must end. */
  constructor(context: GatewayContext, ended: (socket: SocketSession) => void) {
    this.#context = context;
    this.#ended = ended;
    const close = (socket: SocketSession, code: number, reason: string) => this.close(socket, code, reason);
    this.#idle = new IdleWatch(context, this.#all, close);
    this.#expiry = new ExpiryWatch(context, close);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Is there room for one more that may join channels? */
  get hasRoom(): boolean {
    return this.#all.size - this.#overflow < this.#context.limits.maxConnections;
  }

  /** May one more be accepted at all, if only to be told to wait? Not past twice the limit, nor while draining. */
  get accepting(): boolean {
    return !this.#draining && this.#all.size < 2 * this.#context.limits.maxConnections;
  }

  add(socket: SocketSession): void {
    this.#all.add(socket);
    if (socket.overflow) this.#overflow++;
    if (socket.identity.id !== null) {
      const same = this.#byId.get(socket.identity.id) ?? new Set();
      this.#byId.set(socket.identity.id, same.add(socket));
    }
    this.#idle.arm();
    this.#expiry.watch(socket);
  }

  /** The socket's identity has a new end. */
  refreshed(socket: SocketSession): void {
    if (!socket.closed) this.#expiry.watch(socket);
  }

  /** Closes from this side. Safe twice. */
  close(socket: SocketSession, code: number, reason: string): void {
    if (socket.closed) return;
    this.remove(socket);
    socket.transport.close(code, reason);
    this.#context.events.emit("socket.closed-by-server", { code, reason, socketId: socket.identity.id });
  }

  closeById(id: string): void {
    for (const socket of [...(this.#byId.get(id) ?? [])]) this.close(socket, CLOSE_CODES.goingAway, "disconnected");
  }

  /** The connection is gone. Safe twice. */
  remove(socket: SocketSession): void {
    if (!this.#all.delete(socket)) return;
    socket.closed = true;
    this.#expiry.forget(socket);
    if (socket.overflow) this.#overflow--;
    const { id } = socket.identity;
    const same = id === null ? undefined : this.#byId.get(id);
    same?.delete(socket);
    if (id !== null && same?.size === 0) this.#byId.delete(id);
    this.#ended(socket);
  }

  /** Takes no more, and closes all with 1012 in batches spread over `spreadMs`. */
  async drain(spreadMs: number): Promise<void> {
    this.#draining = true;
    await closeSpread(this.#all, (socket) => this.close(socket, CLOSE_CODES.serviceRestart, "service restart"), {
      clock: this.#context.clock,
      random: this.#context.random,
      spreadMs,
    });
  }
}
