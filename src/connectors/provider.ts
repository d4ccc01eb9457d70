import { SECOND } from "../core/index.ts";

/** One HTTP request that makes one delivery. `Idempotency-Key` is added by the sender. */
export interface ProviderRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A delivery, as a provider is asked to put it into a request. */
export interface Outgoing {
  /** The conversation: a chat id, a page-scoped id, a generic webhook's key. */
  readonly to: string;
  /** A `Reply` for the chat connectors; any JSON for the generic webhook. */
  readonly reply: unknown;
  /** The same on every try, and never another message's. */
  readonly idempotencyKey: string;
  /** When the message was accepted, wall ms; the same on every try. */
  readonly acceptedAtMs: number;
  /** Now, wall ms. */
  readonly nowMs: number;
}

/** A provider's answer, its body read as text (64 KiB at most). */
export interface ProviderResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Wall ms. */
  readonly receivedAtMs: number;
}

/**
 * - `sent`: the provider has taken it.
 * - `throttled`: it asks to come back, after `retryAfterMs` where it says when.
 * - `failed`: it may work later.
 * - `refused`: it never will.
 */
export type Verdict =
  | { readonly kind: "sent" }
  | { readonly kind: "throttled"; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: "refused"; readonly reason: string };

/** What is particular to a provider's way of taking messages. */
export interface OutboundProvider {
  /** Where requests go, for the breaker: one destination. */
  readonly baseUrl: string;
  /** The request, or a text that says why there can be none. */
  request(outgoing: Outgoing): ProviderRequest | string | Promise<ProviderRequest | string>;
  /** What the provider's answer means. */
  judge(response: ProviderResponse): Verdict;
}

/** What the status alone says: 2xx sent, 429 throttled, 5xx (and 408, 425) failed, the rest refused. */
export function judgeByStatus(response: ProviderResponse, reason: string): Verdict {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: "sent" };
  if (status === 429) return { kind: "throttled", reason, ...retryAfter(response) };
  // 408 Request Timeout and 425 Too Early ask for the same request again (RFC 9110, RFC 8470).
  if (status >= 500 || status === 408 || status === 425) return { kind: "failed", reason, ...retryAfter(response) };
  if (status >= 300 && status <= 399) return { kind: "refused", reason: `${reason}: redirects are not followed` };
  return { kind: "refused", reason };
}

/** The header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter({ headers, receivedAtMs }: ProviderResponse): { readonly retryAfterMs?: number } {
  const value = headers.get("retry-after");
  if (value === null) return {};
  if (/^\d+$/.test(value)) return { retryAfterMs: Number(value) * SECOND };
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? {} : { retryAfterMs: Math.max(0, dateMs - receivedAtMs) };
}
