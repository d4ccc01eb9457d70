import type { Clock } from "../core/index.ts";
import type { ProviderRequest, ProviderResponse } from "./provider.ts";

/** The part of the global `fetch` that deliveries use. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * - `answered`: there was an answer, of whatever status.
 * - `unanswered`: no answer, or not in time. The request may have arrived.
 * - `cancelled`: the caller's signal was aborted.
 */
export type Exchange =
  | { readonly kind: "answered"; readonly response: ProviderResponse }
  | { readonly kind: "unanswered"; readonly reason: string }
  | { readonly kind: "cancelled" };

export interface ExchangeOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Until the answer has been read. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer is read up to here: it holds an error's text, or nothing that is needed. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Sends one POST and reads its answer. Redirects are not followed. Never throws; never names the path, which may hold a
 * token.
 */
export async function exchange(request: ProviderRequest, options: ExchangeOptions): Promise<Exchange> {
  const { clock, timeoutMs, signal } = options;
  const abort = new AbortController();
  const cancel = (): void => abort.abort();
  let timedOut = false;
  const timer = clock.after(timeoutMs, () => {
    timedOut = true;
    cancel();
  });
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const response = await options.fetch(request.url, {
      method: "POST",
      headers: request.headers,
      body: request.body,
      redirect: "manual",
      signal: abort.signal,
    });
    const text = await readText(response, MAX_ANSWER_BYTES);
    const { status, headers } = response;
    return { kind: "answered", response: { status, headers, text, receivedAtMs: clock.wallMs() } };
  } catch (thrown) {
    if (signal.aborted) return { kind: "cancelled" };
    const host = new URL(request.url).host;
    if (timedOut) return { kind: "unanswered", reason: `${host} did not answer within ${timeoutMs} ms` };
    return { kind: "unanswered", reason: `${host} could not be reached: ${nameOf(thrown)}` };
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", cancel);
  }
}

/** The system's name for a failure (`ECONNREFUSED`, `ConnectionRefused`): its message may show the URL. */
function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "unknown error";
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.name;
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  while (bytes < maxBytes) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
