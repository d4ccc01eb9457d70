import { SECOND, type Timer } from "../../core/index.ts";
import { HEARTBEAT_TOPIC, TOKEN_EXPIRED_EVENT } from "../pattern.ts";
import { CLOSE_CODES } from "../wire-codes.ts";
import type { GatewayContext } from "./context.ts";
import type { SocketSession } from "./socket-session.ts";

const SWEEP_MS = SECOND;

/**
 * Sockets whose token runs out: their clients are told, and if no new one is shown in `tokenGraceMs` they are closed. One timer for all of
 * them, so one may live a second longer; those that never expire cost nothing.
 */
export class ExpiryWatch {
  readonly #context: GatewayContext;
  readonly #close: (socket: SocketSession, code: number, reason: string) => void;
  /** Was its client told? */
  readonly #sockets = new Map<SocketSession, boolean>();
  #timer: Timer | undefined;

  constructor(context: GatewayContext, close: (socket: SocketSession, code: number, reason: string) => void) {
    this.#context = context;
    this.#close = close;
  }

  /** Watches the socket until the end that its identity has now. */
  watch(socket: SocketSession): void {
    if ((socket.identity.expiresAtMs ?? null) === null) return this.forget(socket);
    this.#sockets.set(socket, false);
    this.#arm();
  }

  forget(socket: SocketSession): void {
    this.#sockets.delete(socket);
  }

  #arm(): void {
    this.#timer ??= this.#context.clock.after(SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.#timer = undefined;
    const { clock, limits } = this.#context;
    const now = clock.wallMs();
    for (const [socket, told] of [...this.#sockets]) {
      const overdueMs = now - (socket.identity.expiresAtMs ?? now);
      if (overdueMs >= limits.tokenGraceMs) this.#close(socket, CLOSE_CODES.tokenExpired, "token expired");
      else if (overdueMs >= 0 && !told) this.#tell(socket, limits.tokenGraceMs - overdueMs);
    }
    if (this.#sockets.size > 0) this.#arm();
  }

  #tell(socket: SocketSession, leftMs: number): void {
    this.#sockets.set(socket, true);
    const body = JSON.stringify({ close_in: Math.ceil(leftMs / SECOND) });
    socket.push(null, null, HEARTBEAT_TOPIC, TOKEN_EXPIRED_EVENT, body);
  }
}
