/** Creates the parts of a node and connects them. Nothing runs yet: node-children.ts says in which order they are started. */
import type { AppManifest } from "../app/index.ts";
import { type Clock, Events, systemClock } from "../core/index.ts";
import type { Store } from "../store/index.ts";
import { NodeCluster } from "./cluster/node-cluster.ts";
import type { DataFolder } from "./data-folder.ts";
import { CanaryRollout } from "./deploy/canary-rollout.ts";
import { Deployer } from "./deploy/deployer.ts";
import { showDeploys } from "./deploy/show-deploys.ts";
import { emitForwarded } from "./event-forwarding.ts";
import { type NodeConsole, openNodeConsole } from "./gateway/console-of-node.ts";
import { Gateway, type GatewayOptions } from "./gateway/gateway.ts";
import { GatewayPool } from "./gateway/gateway-pool.ts";
import type { NodeConfig } from "./node-config.ts";
import { Observer } from "./observe/observer.ts";
import { openStore } from "./open-store.ts";
import { createNodePool, type NodePool } from "./pool/node-pool.ts";
import { WorkerRoster } from "./pool/worker-roster.ts";

/** What all parts share. */
interface NodeBase {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  readonly dev: boolean;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  /** Known once the first worker is ready. */
  readonly manifest: PromiseWithResolvers<AppManifest>;
}

/** The parts of one node. */
export interface NodeParts extends NodePool, NodeBase {
  readonly gateway: Gateway;
  readonly roster: WorkerRoster;
  readonly canary: CanaryRollout;
  readonly observer: Observer;
  readonly nodeConsole: NodeConsole;
  /** Undefined: the node is alone, with one gateway. */
  readonly cluster: NodeCluster | undefined;
  /** The gateways beside the first; undefined when there are none. */
  readonly gateways: GatewayPool | undefined;
}

/** Some parts tell others that are created later: when they do, the whole is there. */
type Whole = () => NodeParts;

export function createNodeParts(config: NodeConfig, folder: DataFolder, dev: boolean): NodeParts {
  const base = createBase(config, folder, dev);
  const { store, clock, events } = base;
  const whole: Whole = () => parts;
  const roster = createRoster(base, whole);
  const observer = new Observer({ ...base, gateway: () => parts.gateway, slots: () => roster.states });
  const cluster = createCluster(base, whole);
  const nodeConsole = openNodeConsole({ ...base, observer });
  const gateway = createGateway({ ...base, roster, observer, cluster, nodeConsole }, whole);
  const nodePool = createNodePool({ ...base, links: gateway.links, roster });
  const { pool } = nodePool;
  const canary = new CanaryRollout({
    pool,
    gateway,
    deployer: new Deployer({ pool, gateway, clock, events }),
    gateways: config.gateways,
    shardCount: () => store.shardCount,
    onRetired: (slot) => roster.retired(slot),
    clock,
    events,
  });
  const gateways = createGateways(base, gateway, { cluster, roster, observer });
  const parts = { ...base, ...nodePool, roster, observer, cluster, nodeConsole, gateway, gateways, canary };
  showDeploys(events, (state) => gateway.topics.deploy(state));
  events.on("lease.released", () => gateway.links.share());
  return parts;
}

function createBase(config: NodeConfig, folder: DataFolder, dev: boolean): NodeBase {
  const store = openStore({ ...config, database: folder.database, role: "gateway" });
  const manifest = Promise.withResolvers<AppManifest>();
  return { config, folder, dev, store, clock: systemClock, events: new Events(), manifest };
}

function createRoster({ config, clock, events }: NodeBase, whole: Whole): WorkerRoster {
  return new WorkerRoster({
    clock,
    events,
    blockedLimitMs: config.blockedLimitMs,
    onState: (state) => {
      whole().gateway.topics.worker(state);
      whole().gateways?.worker(state);
    },
  });
}

function createCluster({ config, store, clock, events }: NodeBase, whole: Whole): NodeCluster | undefined {
  return NodeCluster.of({
    config,
    shardCount: () => store.shardCount,
    clock,
    events,
    wake: (shards) => whole().gateway.links.notifyAll("wake", shards),
    answered: (reply) => whole().gateway.links.byMember(reply.process)?.link.notify("ask-reply", reply),
  });
}

type GatewayParts = NodeBase & Pick<NodeParts, "roster" | "observer" | "cluster" | "nodeConsole">;

function createGateway(parts: GatewayParts, whole: Whole): Gateway {
  const { config, folder, store, clock, events, dev, roster, observer, cluster, nodeConsole } = parts;
  return new Gateway({
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
    workers: observer.overhear(workerHandlers(parts, whole)),
  });
}

/** What becomes of the words of workers. */
function workerHandlers(
  { manifest, roster, nodeConsole, events }: GatewayParts,
  whole: Whole,
): GatewayOptions["workers"] {
  return {
    loaded: ({ memberId }, loaded) => {
      manifest.resolve(loaded);
      roster.ready(memberId);
    },
    loadFailed: ({ memberId }, failure) => roster.loadFailed(memberId, failure),
    gone: () => {},
    heartbeat: ({ memberId, release, slot }, heartbeat) => {
      roster.heartbeat(memberId, heartbeat);
      nodeConsole.heard(slot, heartbeat);
      whole().canary.heard(release, heartbeat.work);
    },
    events: (_worker, forwarded) => emitForwarded(events, forwarded),
  };
}

function createGateways(
  base: NodeBase,
  gateway: Gateway,
  { cluster, roster, observer }: Pick<NodeParts, "cluster" | "roster" | "observer">,
): GatewayPool | undefined {
  if (!cluster || base.config.gateways === 1) return undefined;
  const workers = () => roster.states;
  return new GatewayPool({ ...base, gateway, cluster, workers, onReport: (report) => observer.gatewayReport(report) });
}
