import { GodwitError } from "../core/index.ts";

/**
 * - `delivery_refused`: the provider will not have it (4xx); the message names its reason. Not retryable.
 * - `delivery_invalid`: it cannot be sent at all: too long, or of a wrong shape. Nothing was sent. Not retryable.
 * - `delivery_throttled`: the provider, the rate limit or the breaker asks to wait. Retryable.
 * - `delivery_failed`: the provider answered 5xx, did not answer in time, or could not be reached. It may have arrived.
 *   Retryable.
 */
export type DeliveryErrorCode = "delivery_refused" | "delivery_invalid" | "delivery_throttled" | "delivery_failed";

/** Why a delivery was not, or not yet, made. Never holds a token, nor the text that was to be sent. */
export class DeliveryError extends GodwitError {
  /** The provider's HTTP status, where it has answered. */
  readonly status: number | undefined;

  constructor(
    code: DeliveryErrorCode,
    message: string,
    options: { readonly status?: number; readonly retryAfterMs?: number } = {},
  ) {
    super(code, message, {
      retryable: code === "delivery_throttled" || code === "delivery_failed",
      ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }),
    });
    this.status = options.status;
  }
}
