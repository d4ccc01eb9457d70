import { ConfigError } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";

/** What a person can put right, from within what the supervisors say of it. */
export function reasonOf(error: Error): Error {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AppLoadError || cause instanceof ConfigError) return cause;
  }
  return error;
}
