/** How the gateway answers: one JSON shape for every refusal, one bounded way to read a body. */
import { GodwitError } from "../../core/index.ts";

/** `{error: {code, message}}`, with `Retry-After` (whole seconds) where trying again helps. */
export function refuse(status: number, code: string, message: string, retryAfterMs?: number): Response {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  return Response.json({ error: { code, message } }, { status, headers });
}

/** Error codes that are not the server's fault, with their HTTP status. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_input: 400,
  schema_refused: 400,
  unknown_actor: 404,
  unauthorized: 401,
  not_found: 404,
  too_large: 413,
  busy: 503,
  store_unavailable: 503,
  link_closed: 503,
  unavailable: 503,
  deadline_exceeded: 504,
};

/** Any thrown value as an answer. What is not ours is an `internal` without its text: that belongs in the log, not on the wire. */
export function refuseThrown(thrown: unknown): Response {
  if (!(thrown instanceof GodwitError)) return refuse(500, "internal", "internal error");
  const status = STATUS[thrown.code] ?? 500;
  return refuse(status, thrown.code, thrown.message, thrown.retryAfterMs);
}

/** A body larger than the bound was sent; nothing of it was kept. */
export class BodyTooLargeError extends GodwitError {
  constructor(maxBytes: number) {
    super("too_large", `a request's body may have ${maxBytes} bytes`);
  }
}

/** Reads a request's body, at most `maxBytes` of it. @throws BodyTooLargeError, without having kept more. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw new BodyTooLargeError(maxBytes);
    return request.bytes();
  }
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLargeError(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
