/** Who may ask over HTTP: whoever bears the node's API token. */
import { timingSafeEqual } from "node:crypto";
import { refuse } from "./http-answer.ts";

/** The refusal of a request that does not bear `token`; undefined when it may go on. No token: the API is off, and says so. */
export function refuseWithoutToken(request: Request, token: string | undefined): Response | undefined {
  if (token === undefined) return refuse(403, "api_off", "the HTTP API is off; set GODWIT_API_TOKEN to switch it on");
  if (bears(request, token)) return undefined;
  return refuse(401, "unauthorized", "expected Authorization: Bearer <the node's API token>");
}

export function bears(request: Request, token: string): boolean {
  const given = Buffer.from(request.headers.get("authorization") ?? "");
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
