/** Asks the node that runs on a data folder, over its control socket. */
import { connectLink } from "../../adapters/bun/index.ts";
import { type Clock, GodwitError, SECOND } from "../../core/index.ts";
import { controlSocketOf } from "../data-folder.ts";

const DEADLINE_MS: number = 30 * SECOND;

export interface ControlClient {
  /**
   * Asks for `name` with JSON `params`; default deadline 30 s.
   * @throws GodwitError with the node's code when it refuses; DeadlineError; LinkClosedError when the node ends meanwhile.
   */
  call(name: string, params?: unknown, deadlineMs?: number): Promise<unknown>;
  close(): void;
}

/** @throws GodwitError `node_not_running` when no node runs on `dataFolder`. */
export async function connectControl(dataFolder: string, clock: Clock): Promise<ControlClient> {
  const link = await connectLink(controlSocketOf(dataFolder), clock, () => ({
    peer: "the node",
    onNotification: () => {},
    onRequest: () => {
      throw new GodwitError("bad_frame", "a control client answers nothing");
    },
  })).catch((cause) => {
    const text = `no node runs on the data folder ${dataFolder}; start one with godwit start, or name its folder with --data`;
    throw new GodwitError("node_not_running", text, { cause, retryable: true });
  });
  return {
    call: (name, params = {}, deadlineMs = DEADLINE_MS) => link.request(name, params, deadlineMs),
    close: () => link.close(),
  };
}
