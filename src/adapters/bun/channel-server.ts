/**
 * Bun's door to the channels: WebSockets and long-poll, glued to the pure engine. Compose its two parts into a `Bun.serve`:
 * `fetch` answers the channels' own paths (`<mount>/websocket`, `<mount>/longpoll`), `websocket` is the handler of its sockets.
 */
import type { Server, WebSocketHandler } from "bun";
import {
  type ChannelGateway,
  type ConnectOutcome,
  LongPolls,
  type OriginPolicy,
  originAllowed,
} from "../../channels/index.ts";
import { type PhoenixSerializer, serializerVersion } from "../../wire/index.ts";
import { BunTransport, HARD_BACKPRESSURE_FACTOR } from "./bun-transport.ts";
import { connectInfo, requestedProtocols } from "./connect-info.ts";
import { createLongPollDoor } from "./long-poll-door.ts";

export interface ChannelServerOptions {
  readonly gateway: ChannelGateway;
  /** Where the sockets live; clients are given it without `/websocket`. Default `/socket`. */
  readonly mount?: string;
  /** Which pages may open sockets. Default `"same-host"`. */
  readonly origin?: OriginPolicy;
  /** Compress frames for clients that can? Costs memory a socket and CPU a frame. Default false. */
  readonly perMessageDeflate?: boolean;
}

/** What hangs on each of Bun's sockets. */
export type ChannelSocketData = BunTransport;

export interface ChannelServer {
  /** Does the path belong to the channels? Ask this first. */
  owns(pathname: string): boolean;
  /** Answers a request to an owned path. Undefined after an upgrade: then there is nothing to answer. */
  fetch(request: Request, server: Server<ChannelSocketData>): Response | undefined | Promise<Response | undefined>;
  /** Of a server that has several of these, any one's will do: each socket knows its gateway. */
  readonly websocket: WebSocketHandler<ChannelSocketData>;
}

type Version = PhoenixSerializer["version"];

export function createChannelServer(options: ChannelServerOptions): ChannelServer {
  const { gateway, mount = "/socket" } = options;
  const webSocketPath = `${mount}/websocket`;
  const longPollPath = `${mount}/longpoll`;
  const longPoll = createLongPollDoor(gateway, new LongPolls(gateway));
  let publishing = false;

  return {
    owns: (pathname) => pathname === webSocketPath || pathname === longPollPath,

    fetch(request, server) {
      if (!publishing) {
        publishing = true;
        gateway.useNativePublish((name, frame) => void server.publish(name, frame));
      }
      const [address = "", query = ""] = request.url.split("?", 2);
      const params = new URLSearchParams(query);
      const entrance = inspect(request, params, options);
      if (entrance instanceof Response) return entrance;
      if (address.endsWith(longPollPath)) {
        return longPoll(request, params, server.requestIP(request)?.address ?? null, entrance);
      }
      return upgrade(gateway, request, params, entrance, server);
    },

    websocket: {
      perMessageDeflate: options.perMessageDeflate ?? false,
      // The engine has its own idle limit, which looks at messages and not at pings.
      idleTimeout: 0,
      sendPings: false,
      maxPayloadLength: gateway.limits.maxPayloadBytes,
      // Past its own limit Bun would drop frames without a word. The engine acts long before; if it could not, the socket must go.
      backpressureLimit: Math.min(2 ** 31 - 1, HARD_BACKPRESSURE_FACTOR * gateway.limits.maxQueueBytes),
      closeOnBackpressureLimit: true,
      open(ws) {
        const admission = ws.data.open(ws);
        if (admission) ws.data.session = ws.data.gateway.accept(admission, ws.data);
      },
      message(ws, frame) {
        if (ws.data.session) ws.data.gateway.receive(ws.data.session, frame);
      },
      close(ws) {
        if (ws.data.session) ws.data.gateway.disconnected(ws.data.session);
      },
    },
  };
}

/** What every request to the channels must bring: an allowed origin, and a protocol version that is served. */
function inspect(request: Request, params: URLSearchParams, options: ChannelServerOptions): Version | Response {
  const { events } = options.gateway;
  const origin = request.headers.get("origin");
  if (!originAllowed(origin, request.headers.get("host"), options.origin ?? "same-host")) {
    events.emit("socket.refused", { reason: `origin ${origin} is not allowed`, peer: null });
    return new Response("origin not allowed", { status: 403 });
  }
  const version = serializerVersion(params.get("vsn"));
  if (version) return version;
  events.emit("socket.refused", { reason: "unsupported protocol version", peer: null });
  return new Response("unsupported protocol version: vsn must be 1.0.x or 2.0.x", { status: 403 });
}

function upgrade(
  gateway: ChannelGateway,
  request: Request,
  params: URLSearchParams,
  version: Version,
  server: Server<ChannelSocketData>,
): Response | undefined | Promise<Response | undefined> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("expected a WebSocket upgrade", { status: 426, headers: { upgrade: "websocket" } });
  }
  const protocols = requestedProtocols(request.headers);
  const outcome = gateway.connect(
    () => connectInfo(request, params, server.requestIP(request)?.address ?? null, protocols.token, "websocket"),
    version,
  );
  const finish = (decided: ConnectOutcome): Response | undefined => {
    if (decided.kind === "refused") return new Response("forbidden", { status: 403 });
    if (decided.kind === "unavailable") return new Response("unavailable", { status: 503 });
    const upgraded = server.upgrade(request, {
      data: new BunTransport(gateway, decided.admission),
      ...(protocols.phoenix ? { headers: { "sec-websocket-protocol": "phoenix" } } : {}),
    });
    return upgraded ? undefined : new Response("malformed WebSocket upgrade", { status: 400 });
  };
  return outcome instanceof Promise ? outcome.then(finish) : finish(outcome);
}
