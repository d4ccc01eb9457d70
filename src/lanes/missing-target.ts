import { GodwitError, MINUTE, SECOND } from "../core/index.ts";
import type { StreamName } from "../store/index.ts";
import type { LaneTarget } from "./target.ts";

/**
 * Stands in for a target that the code does not define: its messages are retried for about ten minutes, so that a deploy that adds
 * the target finds them waiting, and are then dead letters that can be redriven.
 */
export function missingTarget(stream: StreamName, name: string): LaneTarget {
  return {
    stream,
    name,
    retry: { attempts: 12, backoff: { baseMs: SECOND, capMs: 2 * MINUTE }, retryable: () => true },
    onDead: "continue",
    timeoutMs: MINUTE,
    concurrency: 100,
    run() {
      const what = stream === "in" ? "actor or job" : "connector";
      throw new GodwitError("unknown_target", `no ${what} named "${name}" is defined in this app`);
    },
  };
}
