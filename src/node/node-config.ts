import type { Deployed, DeployRequest } from "./deploy/deployer.ts";

/** What a node must be told to run, complete and validated. `src/cli/config/` reads it from flags, variables and defaults. */
export interface NodeConfig {
  /** The user's app file, absolute. */
  readonly appPath: string;
  /** Address to listen on: a name or an IP address. */
  readonly host: string;
  /** Port to listen on; 0: any free one. */
  readonly port: number;
  /** Where the node keeps what must survive, absolute. Created when it is not there. */
  readonly dataFolder: string;
  /** Worker processes, ≥ 1. */
  readonly workers: number;
  /** Gateways on the port, ≥ 1: the first in the node's own process, each other in a process of its own. */
  readonly gateways: number;
  /** `sqlite` (a file in the data folder), or a PostgreSQL URL. May hold a password: never print it as it is. */
  readonly store: string;
  /** What carries words between nodes: `auto` (the store's database, where it is PostgreSQL), `none`, a PostgreSQL URL or a Redis URL. May hold a password. */
  readonly pubsub: string;
  /** The node's name among the nodes that share a store: letters, digits, `.`, `_`, `-`. */
  readonly nodeName: string;
  /** Bearer token of the HTTP API; undefined: the API is off. */
  readonly apiToken: string | undefined;
  /** What opens the console; `open`: nothing is asked, of this machine only; undefined: the console is off. */
  readonly consoleToken: string | undefined;
  /** How long a stop may take before what is still in hand is cut, ms. */
  readonly shutdownMs: number;
  /** A worker whose event loop is blocked for so long is killed, ms. */
  readonly blockedLimitMs: number;
  /** Bytes that a worker may use before it is replaced; `auto`: its share of the machine's, or the container's. */
  readonly workerMemory: number | "auto" | "off";
  /** Least time between two replacements for memory, ms. */
  readonly recycleGapMs: number;
}

/** A node that is ready. */
export interface RunningNode {
  /** Where it listens, with the port that it really has. */
  readonly url: string;
  /** The app's name, and the lines that it wants shown (`{url}` filled in). */
  readonly appName: string;
  readonly tryThis: readonly string[];
  /**
   * Loads an app's code in new workers beside the old and moves over to them; sockets stay open. Default: the app that runs, as it is on disk now.
   * @throws AppLoadError, ConfigError, ReplacementFailedError, BusyError: the old code goes on untouched.
   */
  deploy(request?: DeployRequest): Promise<Deployed>;
  /** What a stop waits for, or has cut, as a person would say it: requests, sockets, messages. */
  unfinished(): readonly string[];
  /** Finishes what is in hand and ends. Safe twice. */
  stop(): Promise<void>;
  /** The exit code, once the node has ended: 0 after `stop`, else not. */
  readonly exited: Promise<number>;
}
