import type { ServerWebSocket } from "bun";
import type {
  Admission,
  ChannelGateway,
  NativeSubscriber,
  SocketSession,
  SocketTransport,
} from "../../channels/index.ts";

/** Bun's own bound on a socket's queue, in multiples of the engine's. */
export const HARD_BACKPRESSURE_FACTOR = 16;

/**
 * A WebSocket of Bun's as the engine sees it: its transport, its native subscriber, and what hangs on Bun's socket as `data`, all in one object,
 * because there may be a hundred thousand of them.
 */
export class BunTransport implements SocketTransport, NativeSubscriber {
  readonly kind = "websocket";
  /** Whose socket it is: one server may serve several gateways. */
  readonly gateway: ChannelGateway;
  /** From the upgrade until the socket is open. */
  admission: Admission | undefined;
  session: SocketSession | undefined = undefined;
  #ws: ServerWebSocket<BunTransport> | undefined = undefined;

  constructor(gateway: ChannelGateway, admission: Admission) {
    this.gateway = gateway;
    this.admission = admission;
  }

  get native(): NativeSubscriber {
    return this;
  }

  /** Bun has opened the socket. Its admission, which is used up. */
  open(ws: ServerWebSocket<BunTransport>): Admission | undefined {
    const { admission } = this;
    this.#ws = ws;
    this.admission = undefined;
    return admission;
  }

  sendText(text: string): void {
    this.#ws?.sendText(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#ws?.sendBinary(bytes);
  }

  close(code: number, reason: string): void {
    this.#ws?.close(code, reason);
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  subscribe(name: string): void {
    this.#ws?.subscribe(name);
  }

  unsubscribe(name: string): void {
    this.#ws?.unsubscribe(name);
  }

  publishToOthers(name: string, frame: string | Uint8Array): void {
    this.#ws?.publish(name, frame);
  }
}
