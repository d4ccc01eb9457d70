/** The user's own HTTP routes, carried to a worker and back. */
import { SECOND, toError } from "../../core/index.ts";
import type { RouteRequest, RouteResponse } from "../link-protocol.ts";
import { readBody, refuse, refuseThrown } from "./http-answer.ts";
import type { WorkerLinks } from "./worker-links.ts";

/** The largest body that a route may be sent. */
const MAX_BODY_BYTES = 1024 * 1024;
const ROUTE_DEADLINE_MS: number = 30 * SECOND;

/**
 * Asks a worker. 503 when none is up; 502 when the worker died before it answered (what it did is unknown, so it is not asked twice).
 */
export function carryRoute(request: Request, peer: string, workers: WorkerLinks): Promise<Response> {
  return carry(request, async (message) => {
    const worker = workers.pick(peer);
    return (await worker.link.request("route", message, ROUTE_DEADLINE_MS)) as RouteResponse;
  });
}

/** Lets another process answer a request. 502 when it died before it answered, as what it did is unknown. */
export async function carry(
  request: Request,
  ask: (message: RouteRequest) => Promise<RouteResponse>,
): Promise<Response> {
  try {
    return toResponse(await ask(await toMessage(request)));
  } catch (thrown) {
    const code = (toError(thrown) as { code?: unknown }).code;
    if (code === "link_closed") return refuse(502, "worker_gone", "the worker ended before it answered");
    return refuseThrown(thrown);
  }
}

async function toMessage(request: Request): Promise<RouteRequest> {
  const body = await readBody(request, MAX_BODY_BYTES);
  return {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    body: body.length > 0 ? Buffer.from(body).toString("base64") : null,
  };
}

function toResponse({ status, headers, body }: RouteResponse): Response {
  const entries = headers.map(([name, value]): [string, string] => [name, value]);
  return new Response(body === null ? null : Buffer.from(body, "base64"), { status, headers: entries });
}
