/**
 * The metrics of a whole node: what its own process counts, what its workers tell with their heartbeats, and what is looked up at each scrape.
 * The look into the store is shared by scrapes that come close together.
 */
import { LoopDelay } from "../../adapters/process/index.ts";
import type { SocketTraffic } from "../../channels/index.ts";
import { type Clock, type Events, SECOND } from "../../core/index.ts";
import type { TopicRow, WorkerRow } from "../../inspect/index.ts";
import type { ShardStatus, Store } from "../../store/index.ts";
import { collectService, Registry, type Sample } from "../../telemetry/index.ts";
import { countTraffic, type GatewayReport } from "./gateway-report.ts";

export interface NodeMetricsOptions {
  readonly store: Pick<Store, "shards">;
  readonly clock: Clock;
  readonly events: Events;
  readonly workers: () => readonly WorkerRow[];
  readonly sockets: () => { readonly connections: number; readonly joined: number };
  readonly topics: () => readonly TopicRow[];
  readonly traffic: () => SocketTraffic | undefined;
}

/** How old the lag of a scrape may be. */
const LAG_KEPT_MS: number = 2 * SECOND;
const NODE = "node";
/** A gateway that has said nothing for so long is gone. */
const SILENT_MS: number = 5 * SECOND;

export class NodeMetrics {
  readonly #options: NodeMetricsOptions;
  readonly #registry = new Registry();
  readonly #loop: LoopDelay;
  readonly #startedAtMs: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  readonly #gateways = new Map<string, { readonly report: GatewayReport; readonly atMs: number }>();
  readonly #seen: SocketTraffic = { joins: 0, received: 0, sent: 0 };

  constructor(options: NodeMetricsOptions) {
    this.#options = options;
    this.#loop = new LoopDelay(options.clock);
    this.#loop.start();
    this.#startedAtMs = options.clock.wallMs();
    collectService(options.events, this.#registry);
  }

  /** What a gateway beside the first tells of itself. */
  report(report: GatewayReport): void {
    this.#registry.absorb(report.samples);
    this.#gateways.set(report.slot, { report, atMs: this.#options.clock.monotonicMs() });
  }

  /** What a worker has counted since it last told. */
  absorb(samples: readonly Sample[]): void {
    this.#registry.absorb(samples);
  }

  async scrape(): Promise<readonly Sample[]> {
    await this.#look();
    this.#setProcesses();
    countTraffic(this.#registry, this.#seen, this.#options.traffic());
    const gateways = [this.#options.sockets(), ...this.#others()];
    this.#registry.set(
      "connections",
      [],
      gateways.reduce((sum, { connections }) => sum + connections, 0),
    );
    this.#registry.set(
      "joined",
      [],
      gateways.reduce((sum, { joined }) => sum + joined, 0),
    );
    this.#registry.set("topics", [], this.#options.topics().length);
    this.#registry.set("started", [], this.#startedAtMs / SECOND);
    return this.#registry.samples();
  }

  stop(): void {
    this.#loop.stop();
  }

  /** A store that does not answer has no lag to tell; the rest is told all the same. */
  async #look(): Promise<void> {
    const { store, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    if (startedMs - this.#lookedAtMs < LAG_KEPT_MS) return;
    this.#lookedAtMs = startedMs;
    const shards = await store.shards().catch((): readonly ShardStatus[] => []);
    this.#registry.observe("storeTime", ["look"], (clock.monotonicMs() - startedMs) / SECOND);
    this.#registry.clear("lag");
    for (const { shard, head, cursor } of shards) {
      this.#registry.set("lag", [String(shard), "in"], head.in - cursor.in);
      if (head.out > 0) this.#registry.set("lag", [String(shard), "out"], head.out - cursor.out);
    }
  }

  #setProcesses(): void {
    for (const gauge of ["memory", "loopDelay", "workersUp"] as const) this.#registry.clear(gauge);
    this.#registry.set("memory", [NODE], process.memoryUsage.rss());
    this.#registry.set("loopDelay", [NODE], this.#loop.take().maxMs / SECOND);
    for (const { slot, rssBytes, loopDelayMs } of this.#others()) {
      this.#registry.set("memory", [slot], rssBytes);
      this.#registry.set("loopDelay", [slot], loopDelayMs / SECOND);
    }
    for (const { worker, state, rssBytes, loopDelayMs } of this.#options.workers()) {
      this.#registry.set("workersUp", [worker], state === "up" ? 1 : 0);
      if (rssBytes !== null) this.#registry.set("memory", [worker], rssBytes);
      if (loopDelayMs !== null) this.#registry.set("loopDelay", [worker], loopDelayMs / SECOND);
    }
  }

  /** Of the gateways that have told of themselves lately. */
  #others(): readonly GatewayReport[] {
    const sinceMs = this.#options.clock.monotonicMs() - SILENT_MS;
    return [...this.#gateways.values()].filter(({ atMs }) => atMs >= sinceMs).map(({ report }) => report);
  }
}
