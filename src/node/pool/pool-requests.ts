/** What may be asked of a node about its workers. */
import { InvalidInputError } from "../../core/index.ts";
import type { ControlHandlers } from "../control/control-server.ts";
import type { WorkerPool } from "./worker-pool.ts";

export function poolRequests(pool: Pick<WorkerPool, "replace" | "slots">): ControlHandlers {
  return {
    /** Replaces one worker by a new process of the same code; answered when the new one serves. */
    "worker.replace": async (params) => {
      const { worker } = params as { readonly worker?: unknown };
      const slot = pool.slots.find((name) => name === worker);
      if (slot === undefined) throw new InvalidInputError("worker", `one of ${pool.slots.join(", ")}`, worker);
      await pool.replace(slot, "request");
      return { worker: slot };
    },
  };
}
