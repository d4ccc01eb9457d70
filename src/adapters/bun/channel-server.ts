/**
 * Bun's door to the channels: WebSocket upgrades and frames, glued to the pure engine. Compose its two parts into a `Bun.serve`:
 * `fetch` answers the channels' own paths (undefined for any other), `websocket` is the handler of its sockets.
 */
import type { Server, ServerWebSocket, WebSocketHandler } from "bun";
import type {
  Admission,
  ChannelGateway,
  NativeSubscriber,
  SocketSession,
  SocketTransport,
} from "../../channels/index.ts";
import { serializerVersion } from "../../wire/index.ts";
import { connectInfo, requestedProtocols } from "./connect-info.ts";

export interface ChannelServerOptions {
  readonly gateway: ChannelGateway;
  /** Where the sockets live; clients are given it without `/websocket`. Default `/socket`. */
  readonly mount?: string;
}

/** What hangs on each of Bun's sockets. */
export interface ChannelSocketData {
  readonly admission: Admission;
  session: SocketSession | undefined;
}

export interface ChannelServer {
  /** Undefined when the path is none of the channels'; also after a successful upgrade, when there is nothing to answer. */
  fetch(request: Request, server: Server<ChannelSocketData>): Promise<Response | undefined> | undefined;
  /** Does the path belong to the channels? */
  owns(pathname: string): boolean;
  readonly websocket: WebSocketHandler<ChannelSocketData>;
}

export function createChannelServer(options: ChannelServerOptions): ChannelServer {
  const { gateway } = options;
  const mount = options.mount ?? "/socket";
  let publishing = false;

  return {
    owns: (pathname) => pathname === `${mount}/websocket`,

    fetch(request, server) {
      const url = new URL(request.url);
      if (url.pathname !== `${mount}/websocket`) return undefined;
      if (!publishing) {
        publishing = true;
        gateway.useNativePublish((name, frame) => void server.publish(name, frame));
      }
      return upgrade(gateway, request, url, server);
    },

    websocket: {
      perMessageDeflate: false,
      idleTimeout: 0,
      sendPings: false,
      maxPayloadLength: gateway.limits.maxPayloadBytes,
      open(ws) {
        ws.data.session = gateway.accept(ws.data.admission, new BunTransport(ws));
      },
      message(ws, frame) {
        if (ws.data.session) gateway.receive(ws.data.session, frame);
      },
      close(ws) {
        if (ws.data.session) gateway.disconnected(ws.data.session);
      },
    },
  };
}

async function upgrade(
  gateway: ChannelGateway,
  request: Request,
  url: URL,
  server: Server<ChannelSocketData>,
): Promise<Response | undefined> {
  const version = serializerVersion(url.searchParams.get("vsn"));
  if (!version) return new Response("unsupported protocol version", { status: 403 });
  const peer = server.requestIP(request)?.address ?? null;
  const protocols = requestedProtocols(request.headers);
  const outcome = await gateway.connect(connectInfo(request, url, peer, protocols.token, "websocket"), version);
  if (outcome.kind === "refused") return new Response("forbidden", { status: 403 });
  const data: ChannelSocketData = { admission: outcome.admission, session: undefined };
  const upgraded = server.upgrade(request, {
    data,
    ...(protocols.phoenix ? { headers: { "sec-websocket-protocol": "phoenix" } } : {}),
  });
  return upgraded ? undefined : new Response("expected a WebSocket upgrade", { status: 426 });
}

/** A WebSocket of Bun's as the engine sees it. */
class BunTransport implements SocketTransport, NativeSubscriber {
  readonly kind = "websocket";
  readonly #ws: ServerWebSocket<ChannelSocketData>;

  constructor(ws: ServerWebSocket<ChannelSocketData>) {
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
