/** A node's supervision tree: what runs in its own process, in the order in which it is started. */
import type { MemoryGuard } from "../adapters/process/index.ts";
import type { ChildSpec } from "../supervision/index.ts";
import type { NodeCluster } from "./cluster/node-cluster.ts";
import { type ControlHandlers, serveControl } from "./control/control-server.ts";
import { deployRequests } from "./deploy/deploy-requests.ts";
import type { NodeConsole } from "./gateway/console-of-node.ts";
import type { GatewayPool } from "./gateway/gateway-pool.ts";
import type { NodeParts } from "./node-parts.ts";
import { poolRequests } from "./pool/pool-requests.ts";
import { evictDead } from "./pool/worker-process.ts";
import { storeMaintenance } from "./store-maintenance.ts";

/** In start order; stopped in reverse: first nobody is let in, then the workers finish, and the store closes last. */
export function nodeChildren(parts: NodeParts): readonly ChildSpec[] {
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
        await gateway.open(gateway.manifest ?? (await parts.manifest.promise));
        return { stop: (deadlineMs) => gateway.close(deadlineMs ?? config.shutdownMs) };
      },
    },
    ...(parts.gateways ? [gatewaysChild(parts.gateways)] : []),
  ];
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
