/**
 * Starts a node: supervisor, gateway and store in this process, workers in their own. There is one start path, and it is recovery:
 * whatever an earlier node left behind (leases of dead workers, a socket file) is cleared on the way.
 */
import { claimDataFolder } from "../adapters/sqlite/index.ts";
import { type EventName, toError } from "../core/index.ts";
import { Supervisor } from "../supervision/index.ts";
import { openDataFolder } from "./data-folder.ts";
import { reasonOf } from "./deploy/reason-of.ts";
import { startEventLog } from "./event-log.ts";
import { nodeChildren } from "./node-children.ts";
import type { NodeConfig, RunningNode } from "./node-config.ts";
import { createNodeParts, type NodeParts } from "./node-parts.ts";

/** What `godwit dev` tells in its own words. */
const TOLD_BY_DEV: readonly EventName[] = [
  "deploy.started",
  "deploy.finished",
  "deploy.failed",
  "service.failed-to-start",
];

export interface NodeMode {
  /** For development: system topics are open to all, pages show why new code did not load, and the log leaves deploys to the caller. Default false. */
  readonly dev?: boolean;
}

/**
 * Starts a node and resolves when it is ready. Nothing is left running when it rejects.
 * @throws AppLoadError when the app file cannot be loaded; ConfigError when the data folder, the store, a page or the address cannot be used.
 */
export async function startNode(config: NodeConfig, { dev = false }: NodeMode = {}): Promise<RunningNode> {
  const folder = openDataFolder(config.dataFolder);
  const claim = claimDataFolder(folder.path);
  const parts = createNodeParts(config, folder, dev);
  let stopLog = () => {};
  const supervisor = new Supervisor({
    path: "node",
    strategy: "rest-for-one",
    events: parts.events,
    children: nodeChildren(parts),
  });
  parts.observer.observe(supervisor);
  const exited = supervisor.exited.then((reason) => {
    stopLog();
    claim.release();
    return reason.kind === "error" ? 1 : 0;
  });
  try {
    await supervisor.start();
  } catch (thrown) {
    await exited;
    throw reasonOf(toError(thrown));
  }
  // Only now: what keeps a node from starting is told once, by the error.
  stopLog = startEventLog(
    parts.events,
    (line) => process.stderr.write(`${line}\n`),
    !process.stderr.isTTY,
    dev ? TOLD_BY_DEV : [],
  );
  return running(parts, supervisor, exited);
}

async function running(parts: NodeParts, supervisor: Supervisor, exited: Promise<number>): Promise<RunningNode> {
  const { name, tryThis } = await parts.manifest.promise;
  const url = parts.gateway.url as string;
  return {
    url,
    appName: name,
    tryThis: tryThis.map((line) => line.replaceAll("{url}", url)),
    deploy: (request) => parts.canary.deploy(request),
    unfinished: () => [...parts.gateway.unfinished, ...parts.roster.running],
    stop: () => supervisor.stop(),
    exited,
  };
}
