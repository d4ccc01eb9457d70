/**
 * The node's gateways beside its first, as supervised OS processes, and the hub through which they take part in the node.
 *
 * States of a process: spawned → linked (said `hello`) → ready (listens on the port) → ended, and then started again, with backoff. When one ends, its
 * presences are buried at once, here and elsewhere; its clients reconnect to the gateways that are left.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type LinkServer, listenLink } from "../../adapters/bun/index.ts";
import { ChildProcess } from "../../adapters/process/index.ts";
import { type Clock, type Events, GodwitError, InvalidInputError } from "../../core/index.ts";
import { type ChildSpec, type Service, Supervisor } from "../../supervision/index.ts";
import type { Link, LinkOptions } from "../../wire/index.ts";
import { HubMemberOfLink } from "../cluster/hub-member.ts";
import type { NodeCluster } from "../cluster/node-cluster.ts";
import type { DataFolder } from "../data-folder.ts";
import { emitForwarded } from "../event-forwarding.ts";
import type { ForwardedEvent, RouteRequest } from "../link-protocol.ts";
import type { NodeConfig } from "../node-config.ts";
import type { GatewayReport } from "../observe/gateway-report.ts";
import { ownCommand } from "../own-command.ts";
import { handleRoute } from "../worker/route-host.ts";
import type { Gateway } from "./gateway.ts";
import { encodeGatewayBoot, GATEWAY_BOOT_VARIABLE } from "./gateway-process-boot.ts";

export interface GatewayPoolOptions {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  /** The first gateway, open. */
  readonly gateway: Pick<Gateway, "url" | "links" | "answer" | "buryGateway">;
  readonly cluster: Pick<NodeCluster, "member">;
  /** The workers as people see them. */
  readonly workers: () => readonly object[];
  /** What a gateway tells of itself, once a second. */
  readonly onReport: (report: GatewayReport) => void;
  readonly clock: Clock;
  readonly events: Events;
}

const PATH = "node/gateways";
const MAIN = join(import.meta.dir, "gateway-process-main.ts");
const READY_TIMEOUT_MS = 60_000;

export class GatewayPool implements Service {
  readonly #options: GatewayPoolOptions;
  readonly #supervisor: Supervisor;
  readonly #links = new Set<Link>();
  /** By gateway id. */
  readonly #processes = new Map<string, ChildProcess>();
  #hub: LinkServer | undefined;

  constructor(options: GatewayPoolOptions) {
    const { clock, events } = options;
    this.#options = options;
    const intensity = Number.POSITIVE_INFINITY;
    this.#supervisor = new Supervisor({ path: PATH, strategy: "dynamic", intensity, clock, events });
  }

  get exited(): Supervisor["exited"] {
    return this.#supervisor.exited;
  }

  /** Starts all of them. @throws the reason of the first that does not start; none is left then. */
  async start(): Promise<void> {
    const { config, folder, clock } = this.#options;
    this.#hub = listenLink(folder.hub, clock, (link) => this.#accept(link));
    await this.#supervisor.start();
    try {
      const slots = Array.from({ length: config.gateways - 1 }, (_, index) => index + 1);
      await Promise.all(slots.map((index) => this.#supervisor.startChild(this.#child(index))));
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  /** All at once, each with its own drain. */
  async stop(): Promise<void> {
    await this.#supervisor.stop();
    this.#hub?.stop();
  }

  tree(): ReturnType<Supervisor["tree"]> {
    return this.#supervisor.tree();
  }

  /** A worker's state has changed. */
  worker(state: object): void {
    for (const link of this.#links) link.notify("worker", state);
  }

  #child(index: number): ChildSpec {
    const { config, folder } = this.#options;
    const slot = `g${index}`;
    return {
      id: slot,
      restart: "permanent",
      shutdown: config.shutdownMs,
      start: async ({ path, signal }) => {
        rmSync(folder.gatewaySocket(index), { force: true }); // Left behind by one that was killed.
        const gatewayId = `${config.nodeName.replaceAll(".", "-")}-${crypto.randomUUID().slice(0, 8)}`;
        const child = this.#spawn(path, { gatewayId, slot, index });
        this.#processes.set(gatewayId, child);
        signal.addEventListener("abort", () => void child.stop());
        void child.exited.then(() => this.#processes.delete(gatewayId));
        await child.start();
        return child;
      },
    };
  }

  #spawn(path: string, { gatewayId, slot, index }: { gatewayId: string; slot: string; index: number }): ChildProcess {
    const { config, folder, gateway } = this.#options;
    const { nodeName, host, store, apiToken, shutdownMs } = config;
    const boot = encodeGatewayBoot({
      ...{ nodeName, host, store, apiToken, shutdownMs, gatewayId, slot },
      port: Number(new URL(gateway.url as string).port),
      socketPath: folder.gatewaySocket(index),
      hub: folder.hub,
      database: folder.database,
      pagesFolder: `${folder.pages}-${slot}`,
    });
    const { command, env } = ownCommand("gateway", MAIN);
    return new ChildProcess({
      path,
      command,
      env: { ...process.env, ...env, [GATEWAY_BOOT_VARIABLE]: boot },
      ready: "told",
      readyTimeoutMs: READY_TIMEOUT_MS,
      onLine: (line, stream) => void process[stream].write(`${line}\n`),
    });
  }

  #accept(link: () => Link): Omit<LinkOptions, "clock"> {
    const { cluster, events, gateway } = this.#options;
    const member = new HubMemberOfLink(cluster.member(), { notify: (kind, data) => link().notify(kind, data) });
    let gatewayId: string | undefined;
    return {
      peer: "a gateway",
      onNotification: (kind, data) => {
        if (member.take(kind, data)) return;
        if (kind === "hello") {
          gatewayId = (data as { readonly gatewayId: string }).gatewayId;
          this.#joined(link());
        } else if (kind === "report") this.#options.onReport(data as GatewayReport);
        else if (kind === "events") emitForwarded(events, data as readonly ForwardedEvent[]);
        else throw new GodwitError("bad_frame", `a gateway does not say ${kind}`);
      },
      onRequest: (kind, data) => {
        if (kind === "subscribe") return member.subscribe(String(data));
        if (kind === "ready") return this.#processes.get(gatewayId ?? "")?.markReady();
        if (kind === "workers") return gateway.links.ready.map(({ memberId }) => memberId);
        if (kind === "http") return handleRoute({ fetch: (request) => gateway.answer(request) }, data as RouteRequest);
        throw new InvalidInputError("hub request", "subscribe, ready, workers or http", kind);
      },
      onClose: () => {
        this.#links.delete(link());
        void member.stop();
        if (gatewayId !== undefined) gateway.buryGateway(gatewayId);
      },
    };
  }

  #joined(link: Link): void {
    this.#links.add(link);
    for (const state of this.#options.workers()) link.notify("worker", state);
  }
}
