/** Runs the user's own HTTP routes in the worker: a link request in, a link answer out. */
import { GodwitError } from "../../core/index.ts";
import type { RouteRequest, RouteResponse } from "../link-protocol.ts";

/** Anything with a `fetch`, such as a Hono app. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** The largest response body that a route may send through the link. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

export async function handleRoute(routes: FetchHandler, message: RouteRequest): Promise<RouteResponse> {
  const response = await routes.fetch(toRequest(message));
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.length > MAX_RESPONSE_BYTES) {
    throw new GodwitError(
      "response_too_large",
      `a route's response may have ${MAX_RESPONSE_BYTES} bytes, not ${body.length}`,
    );
  }
  return {
    status: response.status,
    headers: [...response.headers],
    body: body.length > 0 ? Buffer.from(body).toString("base64") : null,
  };
}

function toRequest(message: RouteRequest): Request {
  const headers = new Headers(message.headers.map(([name, value]): [string, string] => [name, value]));
  const body = message.body === null ? null : Buffer.from(message.body, "base64");
  return new Request(message.url, { method: message.method, headers, body });
}
