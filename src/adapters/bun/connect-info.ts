/** Reads from an HTTP request what the app's `connect` may know of a client. */
import type { ConnectInfo, TransportKind } from "../../channels/index.ts";
import { nestedParams } from "./nested-params.ts";

const TOKEN_PREFIX = "base64url.bearer.phx.";

export interface RequestedProtocols {
  /** Did the client offer the subprotocol `phoenix`? Then it wants it confirmed. */
  readonly phoenix: boolean;
  /** The auth token that it sent as a second subprotocol; null when it sent none, or one that is no base64. */
  readonly token: string | null;
}

const NO_PROTOCOLS: RequestedProtocols = { phoenix: false, token: null };

/** Reads the subprotocols `phoenix` and `base64url.bearer.phx.<base64>`. */
export function requestedProtocols(headers: Headers): RequestedProtocols {
  const header = headers.get("sec-websocket-protocol");
  if (header === null) return NO_PROTOCOLS;
  const offered = header.split(",").map((name) => name.trim());
  const bearer = offered.find((name) => name.startsWith(TOKEN_PREFIX));
  return {
    phoenix: offered.includes("phoenix"),
    token: bearer ? decodeToken(bearer.slice(TOKEN_PREFIX.length)) : null,
  };
}

export function connectInfo(
  request: Request,
  params: URLSearchParams,
  peer: string | null,
  token: string | null,
  transport: TransportKind,
): ConnectInfo {
  return {
    params: nestedParams(params, ["vsn"]),
    headers: Object.fromEntries(request.headers),
    cookies: cookies(request.headers.get("cookie")),
    token,
    peer,
    transport,
  };
}

/** The client uses the standard alphabet whatever the prefix says; both are read. */
function decodeToken(base64: string): string | null {
  try {
    return atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return null;
  }
}

function cookies(header: string | null): Record<string, string> {
  return header === null ? {} : new Bun.CookieMap(header).toJSON();
}
