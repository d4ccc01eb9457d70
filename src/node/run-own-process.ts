import { basename } from "node:path";
import { GodwitError } from "../core/index.ts";
import { OWN_PROCESS_VARIABLE } from "./own-command.ts";

/** Becomes the part of a node that `OWN_PROCESS_VARIABLE` names. @throws GodwitError `internal` for one that there is not. */
export async function runOwnProcess(kind: string): Promise<void> {
  delete process.env[OWN_PROCESS_VARIABLE]; // What this process starts is something else again.
  if (kind === "worker") await import("./worker/main.ts");
  else if (kind === "gateway") await import("./gateway/gateway-process-main.ts");
  else throw new GodwitError("internal", `${basename(process.execPath)} cannot be a ${kind}`);
}
