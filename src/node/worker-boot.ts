/** What a worker process is told at birth, in one environment variable. */
import type { NodeConfig } from "./node-config.ts";

export interface WorkerBoot {
  /** Unique to this incarnation: holds its leases, names its flight recorder. */
  readonly memberId: string;
  /** The same over all incarnations: `w0`, `w1` … */
  readonly slot: string;
  readonly nodeName: string;
  readonly appPath: string;
  /** Number of the release that `appPath` is loaded for. */
  readonly release: number;
  /** Loads its app and waits: takes no message until it is told to. */
  readonly standby: boolean;
  /** The gateways' Unix sockets. */
  readonly gateways: readonly string[];
  /** As in `NodeConfig`; may hold a password, so it travels in the environment, which only this user can read. */
  readonly store: NodeConfig["store"];
  readonly database: string;
  readonly flight: string;
  readonly shutdownMs: number;
}

export const WORKER_BOOT_VARIABLE = "GODWIT_WORKER_BOOT";

export function encodeWorkerBoot(boot: WorkerBoot): string {
  return JSON.stringify(boot);
}

/** Read once, by the worker's main file; only a node starts workers, so a missing variable is a wrong use of that file. */
export function decodeWorkerBoot(text: string | undefined): WorkerBoot {
  if (text === undefined) throw new Error(`${WORKER_BOOT_VARIABLE} is not set: workers are started by a node`);
  return JSON.parse(text) as WorkerBoot;
}
