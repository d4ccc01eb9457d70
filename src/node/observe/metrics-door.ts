/** `GET /metrics`, for Prometheus. With the API's token; without one only from this machine, and not through a proxy. */
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus, type Sample } from "../../telemetry/index.ts";
import { bears } from "../gateway/api-token.ts";
import { refuse } from "../gateway/http-answer.ts";
import type { HttpDoor } from "../gateway/http-server.ts";

const PATH = "/metrics";

export function createMetricsDoor(token: string | undefined, scrape: () => Promise<readonly Sample[]>): HttpDoor {
  return (request, pathname, peer) => {
    if (pathname !== PATH) return undefined;
    if (!mayScrape(request, peer, token)) {
      return refuse(401, "unauthorized", "expected Authorization: Bearer <the node's API token>");
    }
    return scrape().then(
      (samples) => new Response(renderPrometheus(samples), { headers: { "content-type": PROMETHEUS_CONTENT_TYPE } }),
    );
  };
}

function mayScrape(request: Request, peer: string, token: string | undefined): boolean {
  if (token !== undefined) return bears(request, token);
  return isLoopback(peer) && !request.headers.has("x-forwarded-for") && !request.headers.has("forwarded");
}

function isLoopback(peer: string): boolean {
  return peer === "::1" || /^(::ffff:)?127\./.test(peer);
}
