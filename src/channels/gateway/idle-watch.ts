import type { Timer } from "../../core/index.ts";
import { CLOSE_CODES } from "../wire-codes.ts";
import type { GatewayContext } from "./context.ts";
import type { SocketSession } from "./socket-session.ts";

/** Closes sockets of which nothing was heard for `idleLimitMs`: one timer for all of them, so one may live a quarter of the limit longer. */
export class IdleWatch {
  readonly #context: GatewayContext;
  readonly #sockets: ReadonlySet<SocketSession>;
  readonly #close: (socket: SocketSession, code: number, reason: string) => void;
  #timer: Timer | undefined;

  constructor(
    context: GatewayContext,
    sockets: ReadonlySet<SocketSession>,
    close: (socket: SocketSession, code: number, reason: string) => void,
  ) {
    this.#context = context;
    this.#sockets = sockets;
    this.#close = close;
  }

  /** Watches as long as there are sockets. */
  arm(): void {
    const { clock, limits } = this.#context;
    if (limits.idleLimitMs === Number.POSITIVE_INFINITY) return;
    this.#timer ??= clock.after(limits.idleLimitMs / 4, () => this.#sweep());
  }

  #sweep(): void {
    this.#timer = undefined;
    const oldest = this.#context.clock.monotonicMs() - this.#context.limits.idleLimitMs;
    for (const socket of [...this.#sockets]) {
      if (socket.lastSeenMs <= oldest) this.#close(socket, CLOSE_CODES.idle, "idle");
    }
    if (this.#sockets.size > 0) this.arm();
  }
}
