/**
 * Starts a node: supervisor, gateway and store in this process, workers in their own. There is one start path, and it is recovery:
 * whatever an earlier node left behind (leases of dead workers, a socket file) is cleared on the way.
 */
import type { MemoryGuard } from "../adapters/process/index.ts";
import { claimDataFolder } from "../adapters/sqlite/index.ts";
import type { AppManifest } from "../app/index.ts";
import { type Clock, type EventName, Events, systemClock, toError } from "../core/index.ts";
import type { Store } from "../store/index.ts";
import { type ChildSpec, Supervisor } from "../supervision/index.ts";
import { NodeCluster } from "./cluster/node-cluster.ts";
import { type ControlHandlers, serveControl } from "./control/control-server.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { CanaryRollout } from "./deploy/canary-rollout.ts";
import { deployRequests } from "./deploy/deploy-requests.ts";
import { Deployer } from "./deploy/deployer.ts";
import { reasonOf } from "./deploy/reason-of.ts";
import { showDeploys } from "./deploy/show-deploys.ts";
import { emitForwarded } from "./event-forwarding.ts";
import { startEventLog } from "./event-log.ts";
import { type NodeConsole, openNodeConsole } from "./gateway/console-of-node.ts";
import { Gateway } from "./gateway/gateway.ts";
import { GatewayPool } from "./gateway/gateway-pool.ts";
import type { NodeConfig, RunningNode } from "./node-config.ts";
import { Observer } from "./observe/observer.ts";
import { openStore } from "./open-store.ts";
import { createNodePool, type NodePool } from "./pool/node-pool.ts";
import { poolRequests } from "./pool/pool-requests.ts";
import { evictDead } from "./pool/worker-process.ts";
import { WorkerRoster } from "./pool/worker-roster.ts";
import { storeMaintenance } from "./store-maintenance.ts";

/** What the parts of one node share. */
interface NodeParts extends NodePool {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  readonly gateway: Gateway;
  readonly roster: WorkerRoster;
  readonly canary: CanaryRollout;
  readonly observer: Observer;
  readonly nodeConsole: NodeConsole;
  /** Undefined: the node is alone, with one gateway. */
  readonly cluster: NodeCluster | undefined;
  /** The gateways beside the first; undefined when there are none. */
  readonly gateways: GatewayPool | undefined;
  /** Known once the first worker is ready. */
  readonly manifest: PromiseWithResolvers<AppManifest>;
}

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
  const parts = createParts(config, folder, dev);
  let stopLog = () => {};
  const supervisor = new Supervisor({
    path: "node",
    strategy: "rest-for-one",
    events: parts.events,
    children: children(parts),
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

function createParts(config: NodeConfig, folder: DataFolder, dev: boolean): NodeParts {
  const clock = systemClock;
  const events = new Events();
  const store = openStore({ ...config, database: folder.database, role: "gateway" });
  const manifest = Promise.withResolvers<AppManifest>();
  const roster: WorkerRoster = new WorkerRoster({
    clock,
    events,
    blockedLimitMs: config.blockedLimitMs,
    onState: (state) => {
      gateway.topics.worker(state);
      gateways?.worker(state);
    },
  });
  const observer = new Observer({
    config,
    store,
    clock,
    events,
    gateway: () => gateway,
    slots: () => roster.states,
  });
  const cluster = NodeCluster.of({
    config,
    shardCount: () => store.shardCount,
    clock,
    events,
    wake: (shards) => gateway.links.notifyAll("wake", shards),
    answered: (reply) => gateway.links.byMember(reply.process)?.link.notify("ask-reply", reply),
  });
  const nodeConsole = openNodeConsole({ config, folder, store, clock, events, observer, dev });
  const gateway: Gateway = new Gateway({
    surroundings: cluster,
    sharesPort: config.gateways > 1,
    gatewayId: `${config.nodeName.replaceAll(".", "-")}-${crypto.randomUUID().slice(0, 8)}`,
    host: config.host,
    port: config.port,
    socketPath: folder.socket,
    pagesFolder: folder.pages,
    store,
    clock,
    events,
    apiToken: config.apiToken,
    dev,
    nodeState: () => roster.states,
    doors: [...observer.doors(), nodeConsole.door],
    sockets: nodeConsole.sockets,
    workers: observer.overhear({
      loaded: ({ memberId }, loaded) => {
        manifest.resolve(loaded);
        roster.ready(memberId);
      },
      loadFailed: ({ memberId }, failure) => roster.loadFailed(memberId, failure),
      gone: () => {},
      heartbeat: ({ memberId, release, slot }, heartbeat) => {
        roster.heartbeat(memberId, heartbeat);
        nodeConsole.heard(slot, heartbeat);
        canary.heard(release, heartbeat.work);
      },
      events: (_worker, forwarded) => emitForwarded(events, forwarded),
    }),
  });
  showDeploys(events, (state) => gateway.topics.deploy(state));
  const workers = () => roster.states;
  const gateways =
    cluster && config.gateways > 1
      ? new GatewayPool({ config, folder, gateway, cluster, workers, clock, events })
      : undefined;
  events.on("lease.released", () => gateway.links.share());
  const nodePool = createNodePool({ config, folder, store, links: gateway.links, roster, clock, events });
  const { pool } = nodePool;
  const canary = new CanaryRollout({
    pool,
    gateway,
    deployer: new Deployer({ pool, gateway, clock, events }),
    shardCount: () => store.shardCount,
    onRetired: (slot) => roster.retired(slot),
    clock,
    events,
  });
  return {
    config,
    folder,
    store,
    clock,
    events,
    gateway,
    roster,
    observer,
    nodeConsole,
    cluster,
    gateways,
    manifest,
    canary,
    ...nodePool,
  };
}

/** What has been seen is written down before the store closes. */
function storeChild(parts: NodeParts): ChildSpec {
  const { store, observer } = parts;
  return {
    id: "store",
    start: async () => {
      await store.start();
      await evictDead(parts);
      return { stop: () => observer.stop().then(() => store.stop()) };
    },
  };
}

/** In start order; stopped in reverse: first nobody is let in, then the workers finish, and the store closes last. */
function children(parts: NodeParts): readonly ChildSpec[] {
  const { config, store, gateway, nodeConsole, clock, events, pool, memory } = parts;
  return [
    storeChild(parts),
    storeMaintenance(store, clock, events),
    ...(nodeConsole.sockets.length > 0 ? [consoleChild(nodeConsole)] : []),
    ...(parts.cluster ? [clusterChild(parts.cluster)] : []),
    {
      id: "link",
      start: () => {
        gateway.link();
        return { stop: () => gateway.unlink() };
      },
    },
    {
      id: "control",
      start: () => serveControl(parts.folder.control, clock, controlHandlers(parts)),
    },
    {
      id: "workers",
      shutdown: Number.POSITIVE_INFINITY,
      start: async ({ signal }) => {
        signal.addEventListener("abort", () => void pool.stop());
        await pool.start();
        return pool;
      },
    },
    ...(memory ? [guardChild(memory)] : []),
    {
      id: "http",
      shutdown: config.shutdownMs,
      start: async () => {
        await gateway.open(await parts.manifest.promise);
        return { stop: (deadlineMs) => gateway.close(deadlineMs ?? config.shutdownMs) };
      },
    },
    ...(parts.gateways ? [gatewaysChild(parts.gateways)] : []),
  ];
}

/** What may be asked of the node on its control socket, by name. */
function controlHandlers({ observer, canary, pool }: NodeParts): ControlHandlers {
  return { ...observer.handlers(), ...deployRequests(canary), ...poolRequests(pool) };
}

function clusterChild(cluster: NodeCluster): ChildSpec {
  return {
    id: "cluster",
    start: async () => {
      await cluster.start();
      return { stop: () => cluster.stop() };
    },
  };
}

function gatewaysChild(gateways: GatewayPool): ChildSpec {
  return {
    id: "gateways",
    shutdown: Number.POSITIVE_INFINITY,
    start: async ({ signal }) => {
      signal.addEventListener("abort", () => void gateways.stop());
      await gateways.start();
      return gateways;
    },
  };
}

/** Before the workers: what becomes of them is the first that it has to tell. */
function consoleChild(nodeConsole: NodeConsole): ChildSpec {
  return {
    id: "console",
    start: () => {
      nodeConsole.start();
      return nodeConsole;
    },
  };
}

function guardChild(memory: MemoryGuard): ChildSpec {
  return {
    id: "memory",
    start: () => {
      memory.start();
      return memory;
    },
  };
}
