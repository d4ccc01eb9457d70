/** What becomes of a message whose handling failed: decided here, and only here. */
import { describe, fullJitterMs, GodwitError } from "../core/index.ts";
import type { ErrorRecord } from "../store/index.ts";
import type { RetryPolicy } from "./target.ts";

export interface Failure {
  readonly error: Error;
  /** `retry`: passing, whatever the policy says of the error. `dead`: no retry will mend it. `thrown`: ask the policy. */
  readonly kind: "thrown" | "retry" | "dead";
  /** Overrules the backoff, ms. */
  readonly afterMs?: number;
  /** Does not count as a try. */
  readonly free?: boolean;
}

/** `attempts`: failed tries so far, this one included where it counts. */
export type FailureVerdict =
  | { readonly kind: "retry"; readonly attempts: number; readonly delayMs: number }
  | { readonly kind: "dead"; readonly attempts: number };

/** Decides after the failure of try number `attempt` (≥ 1). */
export function judgeFailure(
  policy: RetryPolicy,
  attempt: number,
  failure: Failure,
  random: () => number,
): FailureVerdict {
  if (failure.free && failure.kind === "retry") {
    const delayMs = failure.afterMs ?? fullJitterMs(policy.backoff, Math.max(1, attempt - 1), random);
    return { kind: "retry", attempts: attempt - 1, delayMs };
  }
  const hopeless = failure.kind === "dead" || (failure.kind === "thrown" && !isRetryable(policy, failure.error));
  if (hopeless || attempt >= policy.attempts) return { kind: "dead", attempts: attempt };
  return {
    kind: "retry",
    attempts: attempt,
    delayMs: failure.afterMs ?? fullJitterMs(policy.backoff, attempt, random),
  };
}

/** A predicate of the user's own that throws is taken as "yes": the message is tried again rather than given up. */
function isRetryable(policy: RetryPolicy, error: Error): boolean {
  try {
    return policy.retryable(error);
  } catch {
    return true;
  }
}

const MAX_STACK = 4_000;
const MAX_MESSAGE = 2_000;

/** A failure as it is kept with lanes and dead letters, as JSON text of bounded length. */
export function errorRecordText(error: Error): string {
  const code = error instanceof GodwitError ? error.code : codeOf(error);
  const record: ErrorRecord = {
    name: String(error.name),
    message: String(error.message).slice(0, MAX_MESSAGE),
    ...(error.stack ? { stack: withCauses(error).slice(0, MAX_STACK) } : {}),
    ...(code ? { code } : {}),
  };
  return JSON.stringify(record);
}

function codeOf(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" || typeof code === "number" ? String(code) : undefined;
}

function withCauses(error: Error): string {
  let text = String(error.stack);
  let cause = error.cause;
  for (let depth = 0; cause !== undefined && depth < 3; depth++) {
    text += `\ncaused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : describe(cause)}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return text;
}
