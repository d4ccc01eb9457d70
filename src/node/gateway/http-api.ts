/**
 * The HTTP API: what other programs may ask of a node, with a bearer token. Requests are carried out by a worker, which knows the app's schemas.
 *
 * What only looks, or decides about what is there, is in `observe/query-routes.ts`.
 * `POST /api/actors/:actor/:key/messages`, `POST /api/actors/:actor/:key/asks`, `POST /api/topics/:topic/broadcasts`, `DELETE /api/sockets/:id`.
 * See docs/reference/http-api.md.
 */
import { Hono } from "hono";
import { type Duration, InvalidInputError, SECOND, toMs } from "../../core/index.ts";
import type { ApiCall } from "../link-protocol.ts";
import { refuseWithoutToken } from "./api-token.ts";
import { readBody, refuse, refuseThrown } from "./http-answer.ts";
import type { HttpDoor } from "./http-server.ts";
import type { WorkerLinks } from "./worker-links.ts";

const PREFIX = "/api/";
const MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_ASK_TIMEOUT: Duration = "5 s";
const MAX_ASK_MS: number = 60 * SECOND;
const CALL_DEADLINE_MS: number = 30 * SECOND;

/** Undefined token: the API is off, and says so. */
export function createHttpApi(token: string | undefined, workers: WorkerLinks): HttpDoor {
  const routes = apiRoutes(workers);
  return (request, pathname) => {
    if (!pathname.startsWith(PREFIX)) return undefined;
    return refuseWithoutToken(request, token) ?? routes.fetch(request);
  };
}

function apiRoutes(workers: WorkerLinks): Hono {
  const call = async (hint: string, message: ApiCall, deadlineMs = CALL_DEADLINE_MS) =>
    (await workers.pick(hint).link.request("api", message, deadlineMs)) as object;
  const routes = new Hono();
  routes.post("/api/actors/:actor/:key/messages", async (c) => {
    const { actor, key } = c.req.param();
    const message = await readJson(c.req.raw);
    return c.json(await call(key, { kind: "send", actor, key, message, ...idempotency(c.req.raw) }), 202);
  });
  routes.post("/api/actors/:actor/:key/asks", async (c) => {
    const { actor, key } = c.req.param();
    const timeoutMs = askTimeout(c.req.query("timeout"));
    const message = await readJson(c.req.raw);
    const ask: ApiCall = { kind: "ask", actor, key, message, timeoutMs, ...idempotency(c.req.raw) };
    return c.json(await call(key, ask, timeoutMs + SECOND));
  });
  routes.post("/api/topics/:topic/broadcasts", async (c) => {
    const { topic } = c.req.param();
    const { event, payload } = readBroadcast(await readJson(c.req.raw));
    return c.json(await call(topic, { kind: "broadcast", topic, event, payload }), 202);
  });
  routes.delete("/api/sockets/:id", async (c) => {
    await call(c.req.param("id"), { kind: "disconnect", socketId: c.req.param("id") });
    return c.body(null, 202);
  });
  routes.notFound((c) => refuse(404, "not_found", `the HTTP API has no ${c.req.method} ${c.req.path}`));
  routes.onError((thrown) => refuseThrown(thrown));
  return routes;
}

export async function readJson(request: Request): Promise<unknown> {
  const text = new TextDecoder().decode(await readBody(request, MAX_BODY_BYTES));
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInputError("body", "JSON", text.slice(0, 80));
  }
}

function readBroadcast(body: unknown): { readonly event: string; readonly payload: Readonly<Record<string, unknown>> } {
  const { event, payload } = (body ?? {}) as { event?: unknown; payload?: unknown };
  if (typeof event !== "string" || event === "") throw new InvalidInputError("body.event", "a text", event);
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new InvalidInputError("body.payload", "an object", payload);
  }
  return { event, payload: payload as Readonly<Record<string, unknown>> };
}

function askTimeout(text: string | undefined): number {
  const timeoutMs = toMs(text ?? DEFAULT_ASK_TIMEOUT, "timeout");
  if (timeoutMs > 0 && timeoutMs <= MAX_ASK_MS) return timeoutMs;
  throw new InvalidInputError("timeout", `a time up to ${MAX_ASK_MS / SECOND} s`, text);
}

function idempotency(request: Request): { readonly idempotencyKey?: string } {
  const idempotencyKey = request.headers.get("idempotency-key");
  return idempotencyKey ? { idempotencyKey } : {};
}
