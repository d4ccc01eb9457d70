/** The queries over HTTP: `GET /api/dead-letters?target=…`, `POST /api/actors/:actor/:key/pause` and so on. See docs/reference/http-api.md. */
import { type Context, Hono } from "hono";
import { QUERIES, type Query, type QueryName } from "../../inspect/index.ts";
import { refuseWithoutToken } from "../gateway/api-token.ts";
import { refuseThrown } from "../gateway/http-answer.ts";
import { readJson } from "../gateway/http-api.ts";
import type { HttpDoor } from "../gateway/http-server.ts";

const PREFIX = "/api";
const NO_STORE = { "cache-control": "no-store" };

/** Answers what is a query's path, and leaves the rest of `/api` to the doors behind it. */
export function createQueryDoor(
  token: string | undefined,
  answer: (name: QueryName, params: unknown) => Promise<unknown>,
): HttpDoor {
  const routes = new Hono();
  for (const [name, query] of Object.entries(QUERIES) as [QueryName, Query][]) {
    routes.on(query.method, `${PREFIX}${query.path}`, async (c) => {
      return c.json((await answer(name, await readParams(c, query))) as object, 200, NO_STORE);
    });
  }
  routes.onError((thrown) => refuseThrown(thrown));
  return (request, pathname) => {
    if (!pathname.startsWith(`${PREFIX}/`)) return undefined;
    const [[handlers]] = routes.router.match(request.method, pathname);
    if (!handlers?.length) return undefined;
    return refuseWithoutToken(request, token) ?? routes.fetch(request);
  };
}

/** Parameters come in the path, in the query string, and in the JSON body of a POST; the path has the last word. */
async function readParams(c: Context, { method }: Query): Promise<object> {
  const body = method === "POST" && c.req.header("content-length") !== "0" ? await readOptionalJson(c.req.raw) : {};
  return { ...c.req.query(), ...body, ...c.req.param() };
}

async function readOptionalJson(request: Request): Promise<object> {
  return request.body ? ((await readJson(request)) as object) : {};
}
