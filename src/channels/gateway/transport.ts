/** The port behind which a socket's wires lie: a WebSocket, or a long-poll session. Pure engine on this side, a runtime on the other. */
import type { TransportKind } from "../protocol.ts";

export interface SocketTransport {
  readonly kind: TransportKind;
  /** Takes frames in order; buffers what the peer has not taken yet. After `close`: nothing happens. */
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Closes with a WebSocket close code, after what was sent. */
  close(code: number, reason: string): void;
  /** Bytes that the peer has not taken yet. */
  bufferedBytes(): number;
  /** Present where the runtime can fan out by itself, which is many times faster than a send each. */
  readonly native?: NativeSubscriber;
}

/** One socket's side of the runtime's own fan-out. Frames published and frames sent keep their order. */
export interface NativeSubscriber {
  subscribe(name: string): void;
  /** What was published or sent before is still delivered. */
  unsubscribe(name: string): void;
  /** To every subscriber of `name` but this socket. */
  publishToOthers(name: string, frame: string | Uint8Array): void;
}

/** The runtime's own fan-out to every subscriber of `name`. */
export type NativePublish = (name: string, frame: string | Uint8Array) => void;
