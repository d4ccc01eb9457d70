/** The node's one HTTP server: sockets, webhooks, health, pages and the user's routes, in this order, each by its path. */
import type { Server } from "bun";
import type { ChannelServer, ChannelSocketData } from "../../adapters/bun/index.ts";
import { type Clock, ConfigError, type Events, sleep, toError } from "../../core/index.ts";
import { refuse } from "./http-answer.ts";

export interface HttpParts {
  readonly events: Events;
  /** Sockets: the app's, and the console's. At least one. */
  readonly channels: readonly [ChannelServer, ...ChannelServer[]];
  /** Each answers its own paths, and undefined for others. */
  readonly doors: readonly HttpDoor[];
}

export type HttpDoor = (request: Request, pathname: string, peer: string) => Response | Promise<Response> | undefined;

export interface HttpServer {
  readonly url: string;
  /** Requests that have not been answered yet. */
  readonly pending: number;
  /** Takes no connections any more. Those that are open go on. */
  stopListening(): void;
  /** Resolves when the requests in hand have been answered, or at the deadline, with how many have not. */
  settled(deadlineMs: number): Promise<number>;
  /** Closes what is left. */
  close(): Promise<void>;
}

/** Bodies beyond what any door takes are cut off by the runtime; each door has its own, smaller bound. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** The runtime counts the requests in hand, but does not tell when the last has been answered. */
const DRAIN_POLL_MS = 10;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** Other processes of this node listen there too; the kernel deals the connections out among them. */
  readonly sharesPort: boolean;
  /** The first to listen where several will: refuses a port that another program has, which sharing would hide. */
  readonly claimsPort: boolean;
}

/** @throws ConfigError when the address cannot be listened on. */
export function serveHttp(address: ListenAddress, parts: HttpParts, clock: Clock): HttpServer {
  const { host } = address;
  const server = listen(address, parts);
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${server.port}`,
    get pending() {
      return server.pendingRequests;
    },
    stopListening: () => void server.stop(false),
    settled: async (deadlineMs) => {
      const untilMs = clock.monotonicMs() + deadlineMs;
      while (server.pendingRequests > 0 && clock.monotonicMs() < untilMs) await sleep(clock, DRAIN_POLL_MS);
      return server.pendingRequests;
    },
    close: () => server.stop(true),
  };
}

function listen({ host, port, sharesPort, claimsPort }: ListenAddress, parts: HttpParts): Server<ChannelSocketData> {
  try {
    if (sharesPort && claimsPort) Bun.serve({ hostname: host, port, fetch: () => new Response() }).stop(true);
    return Bun.serve<ChannelSocketData>({
      hostname: host,
      port,
      reusePort: sharesPort,
      maxRequestBodySize: MAX_REQUEST_BYTES,
      idleTimeout: 60,
      fetch: (request, server) => answer(request, server, parts),
      error: (thrown) => {
        parts.events.emit("error.caught", { stage: "http", error: toError(thrown) });
        return refuse(500, "internal", "internal error");
      },
      websocket: parts.channels[0].websocket,
    });
  } catch (thrown) {
    throw listenError(host, port, thrown);
  }
}

function listenError(host: string, port: number, thrown: unknown): ConfigError {
  if ((thrown as { code?: unknown }).code === "EADDRINUSE") {
    return new ConfigError(`port ${port} is in use on ${host}; choose another with --port`, thrown);
  }
  return new ConfigError(`cannot listen on ${host}:${port}: ${(thrown as Error).message}`, thrown);
}

function answer(
  request: Request,
  server: Server<ChannelSocketData>,
  parts: HttpParts,
): Response | Promise<Response | undefined> | undefined {
  const pathname = pathOf(request.url);
  for (const channels of parts.channels) if (channels.owns(pathname)) return channels.fetch(request, server);
  const peer = server.requestIP(request)?.address ?? "";
  for (const door of parts.doors) {
    const response = door(request, pathname, peer);
    if (response) return response;
  }
  return refuseUnknown(request.method, pathname, parts.events);
}

/** Longest path that is repeated in an answer or an event. */
const SHOWN_PATH_LENGTH = 200;

function refuseUnknown(method: string, pathname: string, events: Events): Response {
  const path = pathname.slice(0, SHOWN_PATH_LENGTH);
  events.emit("request.refused", { method, path, status: 404, code: "not_found" });
  return refuse(404, "not_found", `nothing lies at ${path}`);
}

/** The path of an absolute URL, without the cost of parsing the rest. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
