import { InvalidInputError } from "../core/index.ts";
import type { AppendRequest } from "../store/index.ts";

/** How large the parts of a message may be. Texts that name something are measured in UTF-16 code units, bodies in UTF-8 bytes. */
export interface MessageLimits {
  /** Default 256 KiB. */
  readonly maxBodyBytes: number;
  /** Default 16 KiB. */
  readonly maxMetaBytes: number;
  /** Default 512. */
  readonly maxKeyLength: number;
  /** Of a target's and a source's name. Default 200. */
  readonly maxNameLength: number;
  /** Default 512. */
  readonly maxExternalIdLength: number;
}

export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  maxBodyBytes: 256 * 1024,
  maxMetaBytes: 16 * 1024,
  maxKeyLength: 512,
  maxNameLength: 200,
  maxExternalIdLength: 512,
};

/** No wait for a gap is longer, ms: a source that has not brought its numbers within a day will not. */
const MAX_GAP_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * Checks a message at the boundary, before anything is written.
 * @throws InvalidInputError (`invalid_input`) that names the part, what was expected, and what came.
 */
export function checkMessage(request: AppendRequest, limits: MessageLimits = DEFAULT_MESSAGE_LIMITS): void {
  const { target, key, body, meta, dedupe, order } = request;
  checkName("target", target, limits.maxNameLength);
  checkName("key", key, limits.maxKeyLength);
  checkBytes("body", body, limits.maxBodyBytes);
  if (meta !== null) checkBytes("meta", meta, limits.maxMetaBytes);
  if (dedupe) {
    checkName("dedupe.source", dedupe.source, limits.maxNameLength);
    checkName("dedupe.externalId", dedupe.externalId, limits.maxExternalIdLength);
  }
  if (order) checkOrder(order, limits);
}

function checkOrder(order: NonNullable<AppendRequest["order"]>, limits: MessageLimits): void {
  checkName("order.source", order.source, limits.maxNameLength);
  if (!Number.isSafeInteger(order.externalSeq) || order.externalSeq < 0) {
    throw new InvalidInputError("order.externalSeq", "an integer from 0 to 2^53 − 1", order.externalSeq);
  }
  if (!(order.gapWaitMs >= 0 && order.gapWaitMs <= MAX_GAP_WAIT_MS)) {
    throw new InvalidInputError("order.gapWaitMs", `0 to ${MAX_GAP_WAIT_MS} ms`, order.gapWaitMs);
  }
}

/** NUL and lone surrogates are refused because databases store neither: two keys could become one. */
function checkName(path: string, text: string, maxLength: number): void {
  if (text.length === 0 || text.length > maxLength) {
    const received = text.length === 0 ? text : `${text.length} characters`;
    throw new InvalidInputError(path, `a text of 1 to ${maxLength} characters`, received);
  }
  if (!text.isWellFormed() || text.includes("\0")) {
    throw new InvalidInputError(path, "well-formed Unicode without NUL", text);
  }
}

const encoder = new TextEncoder();

function checkBytes(path: string, text: string, maxBytes: number): void {
  // A UTF-16 code unit is at most three bytes of UTF-8: short texts need no counting.
  if (text.length * 3 <= maxBytes) return;
  const bytes = text.length > maxBytes ? text.length : encoder.encode(text).length;
  if (bytes > maxBytes) throw new InvalidInputError(path, `at most ${maxBytes} bytes of JSON`, `${bytes} bytes`);
}
