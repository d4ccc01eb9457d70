/** The console of this node: off, with a token, or (in development) open to this machine. */
import type { ChannelServer } from "../../adapters/bun/index.ts";
import type { Clock, Events } from "../../core/index.ts";
import type { Store } from "../../store/index.ts";
import type { DataFolder } from "../data-folder.ts";
import type { Heartbeat } from "../link-protocol.ts";
import type { NodeConfig } from "../node-config.ts";
import type { Observer } from "../observe/observer.ts";
import { workerMemoryLimit } from "../pool/node-pool.ts";
import { createConsole } from "./console.ts";
import { OPEN_CONSOLE } from "./console-access.ts";
import { NodeConsoleSource } from "./console-source.ts";
import type { HttpDoor } from "./http-server.ts";

export interface NodeConsoleOptions {
  readonly config: Pick<NodeConfig, "consoleToken" | "nodeName" | "workerMemory" | "workers">;
  readonly folder: Pick<DataFolder, "pages">;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  readonly observer: Observer;
  /** In development nobody has to set a token. */
  readonly dev: boolean;
}

export interface NodeConsole {
  readonly door: HttpDoor;
  /** Empty when the console is off. */
  readonly sockets: readonly ChannelServer[];
  /** A worker's heartbeat. */
  heard(slot: string, heartbeat: Heartbeat): void;
  /** Once the store is started. Safe twice. */
  start(): void;
  /** Safe twice, and before `start`. */
  stop(): Promise<void>;
}

export function openNodeConsole({
  config,
  folder,
  store,
  clock,
  events,
  observer,
  dev,
}: NodeConsoleOptions): NodeConsole {
  const token = config.consoleToken ?? (dev ? OPEN_CONSOLE : undefined);
  const source = new NodeConsoleSource({
    node: observer.node,
    store,
    ask: (name, params) => observer.ask(name, params),
    clock,
    events,
    memoryLimitBytes: workerMemoryLimit(config) ?? null,
  });
  const gatewayId = `${config.nodeName.replaceAll(".", "-")}-${crypto.randomUUID().slice(0, 8)}`;
  const served = createConsole({ gatewayId, token, source, folder: `${folder.pages}-console`, clock, events });
  if (!served.channels) {
    return { door: served.door, sockets: [], heard: () => {}, start: () => {}, stop: async () => {} };
  }
  return {
    door: served.door,
    sockets: [served.channels],
    heard: (slot, heartbeat) => source.heard(slot, heartbeat),
    start: () => {
      source.start();
      served.start();
    },
    stop: async () => {
      source.stop();
      await served.stop();
    },
  };
}
