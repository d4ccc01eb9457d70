/** The HTTP of long-poll: always 200, the real status in the body. The sessions are the engine's. */
import { type ChannelGateway, LONG_POLL_STATUS, LongPolls } from "../../channels/index.ts";
import type { PhoenixSerializer } from "../../wire/index.ts";
import { connectInfo } from "./connect-info.ts";

type LongPollDoor = (
  request: Request,
  params: URLSearchParams,
  peer: string | null,
  version: PhoenixSerializer["version"],
) => Promise<Response>;

/** A post may hold many frames, and base64 is longer than what it stands for. */
const MAX_BODY_FACTOR = 4;

export function createLongPollDoor(gateway: ChannelGateway, sessions: LongPolls): LongPollDoor {
  const maxBodyBytes = MAX_BODY_FACTOR * gateway.limits.maxPayloadBytes;

  return async function longPoll(request, params, peer, version) {
    const token = sessionToken(request, params);
    switch (request.method) {
      case "OPTIONS":
        return preflight(request);
      case "GET":
        return answer(
          request,
          token === null ? await open(request, params, peer, version) : await sessions.poll(token),
        );
      case "POST":
        return answer(request, await publish(request, token));
      default:
        return new Response("expected GET, POST or OPTIONS", { status: 405, headers: { allow: "GET, POST, OPTIONS" } });
    }
  };

  async function open(
    request: Request,
    params: URLSearchParams,
    peer: string | null,
    version: PhoenixSerializer["version"],
  ) {
    const authToken = request.headers.get("x-phoenix-authtoken");
    const outcome = await gateway.connect(() => connectInfo(request, params, peer, authToken, "longpoll"), version);
    if (outcome.kind === "admitted") return sessions.open(outcome.admission);
    // The client stays away after 403 and comes back after 0 and 500: what is not the app's refusal passes.
    return { status: outcome.kind === "refused" ? LONG_POLL_STATUS.forbidden : LONG_POLL_STATUS.unavailable };
  }

  async function publish(request: Request, token: string | null) {
    if (token === null) return { status: LONG_POLL_STATUS.gone };
    if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) return { status: LONG_POLL_STATUS.tooLarge };
    const body = await request.text();
    if (body.length > maxBodyBytes) return { status: LONG_POLL_STATUS.tooLarge };
    return sessions.publish(
      token,
      body,
      request.headers.get("content-type")?.startsWith("application/x-ndjson") ?? false,
    );
  }
}

/** The header wins (1.9). Among several `token` params the client's own is the last; others are the app's. */
function sessionToken(request: Request, params: URLSearchParams): string | null {
  const candidates = [...params.getAll("token"), request.headers.get("x-phoenix-longpoll-token")];
  return candidates.findLast((token) => LongPolls.isToken(token)) ?? null;
}

function answer(request: Request, body: object): Response {
  return Response.json(body, { headers: { "cache-control": "no-store", ...corsHeaders(request) } });
}

function preflight(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(request),
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": "content-type, x-phoenix-authtoken, x-phoenix-longpoll-token",
      "access-control-max-age": "600",
    },
  });
}

/** The origin has been checked before; a page of an allowed one may read the answer. */
function corsHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null) return {};
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "origin" };
}
