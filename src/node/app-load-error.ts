import { GodwitError } from "../core/index.ts";
import type { LoadFailure } from "./link-protocol.ts";

/** The app file is missing, does not compile, threw while loading, or exports no app. `failure` says where. */
export class AppLoadError extends GodwitError {
  readonly failure: LoadFailure;

  constructor(failure: LoadFailure, cause?: unknown) {
    super("app_load_failed", failure.message, { cause });
    this.failure = failure;
  }
}
