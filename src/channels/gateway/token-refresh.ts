/** A connected client shows a new token: a worker judges it, and the socket goes on with what it says. */
import { SECOND } from "../../core/index.ts";
import type { ClientMessage } from "../../wire/index.ts";
import { isWorkerGone } from "../backend.ts";
import { HEARTBEAT_TOPIC } from "../pattern.ts";
import type { RefreshResponse } from "../protocol.ts";
import { REASONS } from "../wire-codes.ts";
import type { GatewayContext } from "./context.ts";
import type { ErrorResponse, SocketSession } from "./socket-session.ts";
import type { Sockets } from "./sockets.ts";
import type { WorkerCalls } from "./worker-calls.ts";

export class TokenRefresh {
  readonly #context: GatewayContext;
  readonly #calls: WorkerCalls;
  readonly #sockets: Sockets;

  constructor(context: GatewayContext, calls: WorkerCalls, sockets: Sockets) {
    this.#context = context;
    this.#calls = calls;
    this.#sockets = sockets;
  }

  /** Answers the client in every case. Never rejects. */
  async take(socket: SocketSession, message: ClientMessage): Promise<void> {
    const token = tokenIn(message);
    if (token === undefined) return refuse(socket, message, { reason: REASONS.invalidPayload });
    socket.inFlight++;
    try {
      this.#judged(socket, message, await this.#calls.refresh(socket, token));
    } catch (thrown) {
      const reason = isWorkerGone(thrown) ? REASONS.unavailable : REASONS.busy;
      refuse(socket, message, { reason, retry: true, retry_after: 1 });
    } finally {
      socket.inFlight--;
    }
  }

  #judged(socket: SocketSession, message: ClientMessage, response: RefreshResponse): void {
    if (response.kind === "refused") return refuse(socket, message, { reason: response.reason });
    const { assigns, expiresAtMs } = response;
    socket.refresh({ assigns, expiresAtMs });
    this.#sockets.refreshed(socket);
    const leftMs = expiresAtMs === null ? null : expiresAtMs - this.#context.clock.wallMs();
    const body = { expires_in: leftMs === null ? null : Math.max(0, Math.floor(leftMs / SECOND)) };
    socket.reply(null, message.ref, HEARTBEAT_TOPIC, "ok", JSON.stringify(body));
  }
}

function refuse(socket: SocketSession, { ref }: ClientMessage, error: ErrorResponse): void {
  socket.replyError(null, ref, HEARTBEAT_TOPIC, error);
}

function tokenIn({ body }: ClientMessage): string | undefined {
  if (typeof body !== "string") return undefined;
  const { token } = JSON.parse(body) as { readonly token?: unknown };
  return typeof token === "string" && token !== "" ? token : undefined;
}
