/**
 * A worker as a supervised OS process.
 *
 * States: spawned → linked (said `hello`) → ready (its app is loaded) → ended. After its end, and before anybody may start it again, its leases
 * are freed and what it was running is noted as suspect: the next holder must know before it reads. Survives a crash of the node: the
 * flight recorder's file, by which the next node does the same (`evictDead`).
 */
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readFlightRecorder } from "../../adapters/bun/index.ts";
import { ChildProcess } from "../../adapters/process/index.ts";
import { type Events, toError } from "../../core/index.ts";
import type { Store } from "../../store/index.ts";
import type { ChildSpec, ExitReason, Service } from "../../supervision/index.ts";
import type { DataFolder } from "../data-folder.ts";
import { ownCommand } from "../own-command.ts";
import { encodeWorkerBoot, WORKER_BOOT_VARIABLE, type WorkerBoot } from "../worker-boot.ts";
import type { Incarnation } from "./release.ts";

export interface WorkerProcessServices {
  readonly folder: DataFolder;
  readonly store: Pick<Store, "evict">;
  readonly events: Events;
  /** Told of each new process, so that its link's words can be laid at its door. */
  readonly onSpawn: (incarnation: Incarnation, flight: string, process: ChildProcess) => void;
  /** A process has ended, and what it held is free. */
  readonly onSettled: () => void;
  /** What the user's code writes. */
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
}

const FLIGHT_SUFFIX = ".flight";
const READY_TIMEOUT_MS = 30_000;
const MAIN = join(import.meta.dir, "../worker/main.ts");

/** What every worker of a node is told. */
export type CommonBoot = Omit<WorkerBoot, "memberId" | "flight" | "slot" | "appPath" | "release" | "standby">;

/** The child specification of an incarnation. Each start is a new process and a new member. */
export function workerChild(incarnation: Incarnation, common: CommonBoot, services: WorkerProcessServices): ChildSpec {
  return {
    id: incarnation.id,
    restart: "permanent",
    shutdown: common.shutdownMs,
    start: async ({ path, signal }) => {
      const boot = bootOf(incarnation, common, services.folder);
      const { memberId, flight } = boot;
      incarnation.memberId = memberId;
      const child = spawn(path, boot, services);
      const exited = child.exited.then((reason) => settle(reason, incarnation, boot, services));
      signal.addEventListener("abort", () => void child.stop());
      const started = child.start();
      services.onSpawn(incarnation, flight, child);
      await started.catch((thrown) => exited.then(() => Promise.reject(thrown)));
      return service(child, exited);
    },
  };
}

function bootOf({ slot, release, serving }: Incarnation, common: CommonBoot, folder: DataFolder): WorkerBoot {
  const memberId = `${common.nodeName}/${slot}/${crypto.randomUUID().slice(0, 8)}`;
  const flight = folder.flight(encodeURIComponent(memberId));
  return { ...common, slot, memberId, flight, appPath: release.appPath, release: release.number, standby: !serving };
}

function spawn(path: string, boot: WorkerBoot, services: WorkerProcessServices): ChildProcess {
  const { command, env } = ownCommand("worker", MAIN);
  return new ChildProcess({
    path,
    command,
    env: { ...process.env, ...env, [WORKER_BOOT_VARIABLE]: encodeWorkerBoot(boot) },
    ready: "told",
    readyTimeoutMs: READY_TIMEOUT_MS,
    onLine: services.onLine,
  });
}

function service(child: ChildProcess, exited: Promise<ExitReason>): Service {
  return {
    exited,
    get pid() {
      return child.pid;
    },
    stop: async (deadlineMs) => {
      await child.stop(deadlineMs);
      await exited;
    },
    kill: () => child.kill(),
  };
}

async function settle(
  reason: ExitReason,
  incarnation: Incarnation,
  { memberId, flight }: WorkerBoot,
  services: WorkerProcessServices,
): Promise<ExitReason> {
  if (reason.kind === "error") incarnation.lastError = reason.error;
  await evict(memberId, flight, services);
  services.onSettled();
  return reason;
}

/** Frees what a dead member held. When the store is away its leases run out by themselves, a little later. */
async function evict(
  memberId: string,
  flight: string,
  services: Pick<WorkerProcessServices, "store" | "events">,
): Promise<void> {
  try {
    await services.store.evict(memberId, readFlightRecorder(flight));
    rmSync(flight, { force: true });
  } catch (thrown) {
    services.events.emit("error.caught", { stage: `evict ${memberId}`, error: toError(thrown) });
  }
}

/** Frees what the workers of a node that was killed held. To be called when this node has claimed the data folder, so that none of them is alive for long. */
export async function evictDead(services: Pick<WorkerProcessServices, "folder" | "store" | "events">): Promise<void> {
  const folder = dirname(services.folder.flight("any"));
  for (const name of readdirSync(folder).filter((name) => name.endsWith(FLIGHT_SUFFIX))) {
    await evict(decodeURIComponent(name.slice(0, -FLIGHT_SUFFIX.length)), join(folder, name), services);
  }
}
