import type { ServerWebSocket } from "bun";
import type { NativeSubscriber, SocketTransport } from "../../channels/index.ts";

/** Bun's own bound on a socket's queue, in multiples of the engine's. */
export const HARD_BACKPRESSURE_FACTOR = 16;

/** A WebSocket of Bun's as the engine sees it; also its own native subscriber. */
export class BunTransport<Data> implements SocketTransport, NativeSubscriber {
  readonly kind = "websocket";
  readonly #ws: ServerWebSocket<Data>;

  constructor(ws: ServerWebSocket<Data>) {
    this.#ws = ws;
  }

  get native(): NativeSubscriber {
    return this;
  }

  sendText(text: string): void {
    this.#ws.sendText(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#ws.sendBinary(bytes);
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  bufferedBytes(): number {
    return this.#ws.getBufferedAmount();
  }

  subscribe(name: string): void {
    this.#ws.subscribe(name);
  }

  unsubscribe(name: string): void {
    this.#ws.unsubscribe(name);
  }

  publishToOthers(name: string, frame: string | Uint8Array): void {
    this.#ws.publish(name, frame);
  }
}
