/** A node's worker pool with its guards, put together. */
import { type ChildProcess, MemoryGuard, memoryLimitBytes, type Outgrown } from "../../adapters/process/index.ts";
import { type Clock, type Events, SECOND } from "../../core/index.ts";
import type { Store } from "../../store/index.ts";
import type { DataFolder } from "../data-folder.ts";
import type { WorkerLinks } from "../gateway/worker-links.ts";
import type { NodeConfig } from "../node-config.ts";
import type { Incarnation } from "./release.ts";
import { WorkerPool } from "./worker-pool.ts";
import { type CommonBoot, workerChild } from "./worker-process.ts";
import type { WorkerRoster } from "./worker-roster.ts";

export interface NodePoolParts {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  readonly store: Store;
  readonly links: WorkerLinks;
  readonly roster: WorkerRoster;
  readonly clock: Clock;
  readonly events: Events;
}

export interface NodePool {
  readonly pool: WorkerPool;
  /** Undefined: memory is not watched. */
  readonly memory: MemoryGuard | undefined;
}

const WORKERS_PATH = "node/workers";
const MEASURE_EVERY_MS: number = 5 * SECOND;

export function createNodePool(parts: NodePoolParts): NodePool {
  const { config, folder, store, links, roster, clock, events } = parts;
  const memory = createMemoryGuard(parts, (outgrown) => recycle(outgrown, pool, roster));
  const services = {
    folder,
    store,
    events,
    onSpawn: (incarnation: Incarnation, flight: string, process: ChildProcess) => {
      roster.spawned(incarnation, flight, process);
      memory?.watch(`${WORKERS_PATH}/${incarnation.id}`, process);
    },
    onSettled: () => links.share(),
    onLine: (line: string, stream: "stdout" | "stderr") => void process[stream].write(`${line}\n`),
  };
  const pool = new WorkerPool({
    path: WORKERS_PATH,
    slots: Array.from({ length: config.workers }, (_, index) => `w${index}`),
    release: { number: 1, appPath: config.appPath },
    links,
    child: (incarnation) => workerChild(incarnation, bootOf(config, folder), services),
    onServing: (incarnation) => roster.serving(incarnation),
    clock,
    events,
  });
  return { pool, memory };
}

function bootOf({ nodeName, store, shutdownMs, gateways }: NodeConfig, folder: DataFolder): CommonBoot {
  const others = Array.from({ length: gateways - 1 }, (_, index) => folder.gatewaySocket(index + 1));
  return { nodeName, store, shutdownMs, database: folder.database, gateways: [folder.socket, ...others] };
}

/** Bytes that one worker may use; undefined: as many as there are. */
export function workerMemoryLimit({
  workerMemory,
  workers,
}: Pick<NodeConfig, "workerMemory" | "workers">): number | undefined {
  if (workerMemory === "off") return undefined;
  return workerMemory === "auto" ? memoryLimitBytes({ processes: workers }) : workerMemory;
}

function createMemoryGuard(
  { config, clock, events }: NodePoolParts,
  onOutgrown: (outgrown: Outgrown) => Promise<void>,
): MemoryGuard | undefined {
  const { recycleGapMs } = config;
  const limitBytes = workerMemoryLimit(config);
  if (limitBytes === undefined) return undefined;
  const intervalMs = Math.min(MEASURE_EVERY_MS, recycleGapMs);
  return new MemoryGuard({ events, clock, limitBytes, onOutgrown, intervalMs, minGapMs: recycleGapMs });
}

/** A process that is on its way out already, or not in yet, is left alone. */
async function recycle({ process }: Outgrown, pool: WorkerPool, roster: WorkerRoster): Promise<void> {
  const outgrown = pool.serving.find(({ memberId }) => roster.process(memberId) === process);
  if (outgrown) await pool.replace(outgrown.slot, "memory");
}
