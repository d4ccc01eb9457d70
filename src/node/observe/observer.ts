/**
 * Sees what the node does, and answers those who ask: over the control socket, over HTTP, from the console.
 *
 * Listens only; nothing of the node waits for it, and nothing here survives.
 */
import { type Clock, type Events, sleep } from "../../core/index.ts";
import {
  answerQuery,
  type InspectedNode,
  type InspectSources,
  QUERIES,
  type QueryName,
  type QueryResults,
  TroubleMemory,
} from "../../inspect/index.ts";
import type { Store } from "../../store/index.ts";
import type { ServiceTree } from "../../supervision/index.ts";
import type { ControlHandlers } from "../control/control-server.ts";
import { payloadOf } from "../event-forwarding.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { HttpDoor } from "../gateway/http-server.ts";
import type { WorkerLinkHandlers } from "../gateway/worker-links.ts";
import type { NodeConfig } from "../node-config.ts";
import { VERSION } from "../version.ts";
import { ErrorInbox } from "./error-inbox.ts";
import { FailureLog } from "./failure-log.ts";
import type { GatewayReport } from "./gateway-report.ts";
import { createMetricsDoor } from "./metrics-door.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { createQueryDoor } from "./query-routes.ts";
import { createSentryForward } from "./sentry-forward.ts";
import { type SlotState, WorkerWatch } from "./worker-watch.ts";

export interface ObserverOptions {
  readonly config: Pick<NodeConfig, "nodeName" | "apiToken">;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  readonly gateway: () => Gateway;
  readonly slots: () => readonly SlotState[];
}

/** What the observer overhears of the workers' words. */
type Overheard = Pick<WorkerLinkHandlers, "loaded" | "gone" | "heartbeat" | "events">;

export class Observer {
  readonly #options: ObserverOptions;
  readonly #workers = new WorkerWatch();
  readonly #failures = new FailureLog();
  readonly #troubles = new TroubleMemory();
  readonly #metrics: NodeMetrics;
  readonly #errors: ErrorInbox;
  readonly #sources: InspectSources;
  #tree: (() => ServiceTree) | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
    const { store, clock, events, gateway } = options;
    this.#troubles.listen(events);
    this.#metrics = new NodeMetrics({
      store,
      clock,
      events,
      workers: () => this.#workers.rows(options.slots()),
      sockets: () => this.#sources.node.sockets(),
      topics: () => this.#sources.node.topics(),
      traffic: () => gateway().channels?.traffic,
    });
    const forward = createSentryForward(process.env.SENTRY_DSN, options.config.nodeName, events);
    this.#errors = new ErrorInbox({
      store,
      clock,
      events,
      codeVersion: () => gateway().manifest?.codeVersion ?? "",
      ...(forward && { forward }),
    });
    this.#sources = {
      store,
      node: this.#node(clock.wallMs()),
      append: (requests) => gateway().appender.append(requests),
      wallMs: () => clock.wallMs(),
    };
  }

  /** What the node knows of itself. */
  get node(): InspectedNode {
    return this.#sources.node;
  }

  /** The supervisor whose tree is shown. */
  observe(supervisor: { tree(): ServiceTree }): void {
    this.#tree = () => supervisor.tree();
  }

  /** `handlers`, overheard. */
  overhear<Handlers extends Overheard>(handlers: Handlers): Handlers {
    return {
      ...handlers,
      loaded: (worker, manifest) => {
        this.#workers.loaded(worker, manifest);
        handlers.loaded(worker, manifest);
      },
      gone: (worker) => {
        this.#workers.gone(worker);
        handlers.gone(worker);
      },
      heartbeat: (worker, heartbeat) => {
        this.#workers.heartbeat(worker, heartbeat);
        if (heartbeat.metrics) this.#metrics.absorb(heartbeat.metrics);
        handlers.heartbeat(worker, heartbeat);
      },
      events: (worker, events) => {
        this.#overhearEvents(worker.slot, events);
        handlers.events(worker, events);
      },
    };
  }

  /** Writes what has gathered, while the store is there still. */
  async stop(): Promise<void> {
    this.#metrics.stop();
    await this.#errors.stop();
  }

  /** A gateway beside the first tells of itself. */
  gatewayReport(report: GatewayReport): void {
    this.#metrics.report(report);
  }

  ask<Name extends QueryName>(name: Name, params: unknown = {}): Promise<QueryResults[Name]> {
    return answerQuery(name, this.#sources, params);
  }

  /** Every query, for the control socket. */
  handlers(): ControlHandlers {
    const names = Object.keys(QUERIES) as QueryName[];
    return Object.fromEntries(names.map((name) => [name, (params: unknown) => this.ask(name, params)]));
  }

  /** For the node's HTTP server. */
  doors(): readonly HttpDoor[] {
    const { apiToken } = this.#options.config;
    return [
      createMetricsDoor(apiToken, () => this.#metrics.scrape()),
      createQueryDoor(apiToken, (name, params) => this.ask(name, params)),
    ];
  }

  #overhearEvents(worker: string, events: Parameters<Overheard["events"]>[1]): void {
    for (const [name, payload, atMs] of events) {
      if (name === "message.failed") this.#failures.note(worker, payloadOf(name, payload), atMs);
    }
  }

  #node(startedAtMs: number): InspectedNode {
    const { config, clock, gateway, slots } = this.#options;
    return {
      name: config.nodeName,
      version: VERSION,
      pid: process.pid,
      startedAtMs,
      url: () => gateway().url,
      app: () => {
        const app = gateway().manifest;
        if (!app) return undefined;
        const connectors = app.connectors.map(({ name }) => name);
        return { name: app.name, codeVersion: app.codeVersion, actors: app.actors, connectors };
      },
      tree: () => this.#tree?.() ?? STARTING,
      workers: () => this.#workers.rows(slots()),
      sockets: () => ({
        connections: gateway().channels?.connections ?? 0,
        joined: gateway().channels?.channels ?? 0,
      }),
      topics: () => gateway().channels?.topics() ?? [],
      presences: (topic) => {
        const present = Object.entries(gateway().channels?.presence.list(topic) ?? {});
        return Object.fromEntries(present.map(([key, { metas }]) => [key, metas.length]));
      },
      failures: (messageId) => this.#failures.of(messageId),
      troubles: () => this.#troubles.recent(clock.wallMs()),
      metrics: () => this.#metrics.scrape(),
      after: (delayMs) => sleep(clock, delayMs),
    };
  }
}

const STARTING: ServiceTree = {
  id: "node",
  path: "node",
  kind: "supervisor",
  state: "starting",
  restarts: 0,
  sinceMs: 0,
};
