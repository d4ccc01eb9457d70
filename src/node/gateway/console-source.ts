/**
 * What the console shows, gathered from the running node: traffic from the workers' heartbeats, how far the log is, health, workers. Each source is
 * asked at its own pace and remembered, so that a pulse costs the same at any load. Nothing here survives a crash.
 */
import { type Clock, type Events, SECOND, type Timer, toError } from "../../core/index.ts";
import type { Health, InspectedNode, QueryName, QueryResults } from "../../inspect/index.ts";
import type { ShardStatus, Store } from "../../store/index.ts";
import type { Heartbeat } from "../link-protocol.ts";
import type { ConsoleSource, Pulse, WorkerPulse } from "./console-protocol.ts";
import { TrafficReader } from "./console-traffic.ts";

/** The log is asked how far it is, once a pulse. */
const LOG_EVERY_MS: number = SECOND;
/** Health reads dead letters and lanes: it is worth a few milliseconds, not each second. */
const HEALTH_EVERY_MS: number = 5 * SECOND;

/** Open errors that are counted; nobody reads more. */
const MOST_COUNTED = 500;

export interface NodeConsoleOptions {
  readonly node: InspectedNode;
  readonly store: Pick<Store, "shards" | "shardCount" | "description">;
  readonly ask: ConsoleSource["ask"];
  readonly clock: Clock;
  readonly events: Events;
  /** Of one worker; null: none. */
  readonly memoryLimitBytes: number | null;
}

interface LogPosition {
  readonly atMs: number;
  readonly appended: number;
  readonly waiting: number;
  readonly shardsOf: ReadonlyMap<string, number>;
}

export class NodeConsoleSource implements ConsoleSource {
  readonly #options: NodeConsoleOptions;
  readonly #traffic = new TrafficReader();
  readonly #timers = new Map<() => Promise<void>, Timer>();
  #log: LogPosition | undefined;
  #accepted = 0;
  #health: Health | undefined;
  #openErrors = 0;
  #isRunning = false;

  constructor(options: NodeConsoleOptions) {
    this.#options = options;
  }

  /** Safe twice. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#repeat(LOG_EVERY_MS, this.#readLog);
    void this.#repeat(HEALTH_EVERY_MS, this.#readHealth);
  }

  /** Safe twice, and before `start`. */
  stop(): void {
    this.#isRunning = false;
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** A worker's heartbeat. */
  heard(slot: string, { metrics = [] }: Heartbeat): void {
    const { node, clock } = this.#options;
    this.#traffic.heard(slot, metrics, clock.monotonicMs(), (target) => node.app()?.actors.includes(target) ?? false);
  }

  hello(): ReturnType<ConsoleSource["hello"]> {
    const { node, store } = this.#options;
    const app = node.app();
    return {
      app: app?.name ?? node.name,
      node: node.name,
      version: node.version,
      store: store.description,
      startedAtMs: node.startedAtMs,
      shardCount: store.shardCount,
      actors: app?.actors ?? [],
      connectors: app?.connectors ?? [],
      tree: node.tree(),
    };
  }

  pulse(): Pulse {
    const { node, clock } = this.#options;
    const { connections, joined } = node.sockets();
    const { handledPerSecond, failedPerSecond, handledBy, p50Ms, p99Ms } = this.#traffic.take();
    return {
      atMs: clock.wallMs(),
      accepted: this.#accepted,
      handled: handledPerSecond,
      failed: failedPerSecond,
      p50Ms,
      p99Ms,
      waiting: this.#log?.waiting ?? 0,
      sockets: connections,
      channels: joined,
      dead: this.#countOf("dead-letters"),
      errors: this.#openErrors,
      health: this.#shownHealth(),
      workers: node.workers().map((row) => this.#workerPulse(row, handledBy.get(row.worker) ?? 0)),
    };
  }

  ask<Name extends QueryName>(name: Name, params: unknown): Promise<QueryResults[Name]> {
    return this.#options.ask(name, params);
  }

  #workerPulse(row: ReturnType<InspectedNode["workers"]>[number], handled: number): WorkerPulse {
    return {
      slot: row.worker,
      state: row.state,
      pid: row.pid,
      restarts: row.restarts,
      codeVersion: row.codeVersion,
      rssBytes: row.rssBytes,
      memoryLimitBytes: this.#options.memoryLimitBytes,
      loopDelayMs: row.loopDelayMs,
      handled,
      shards: this.#log?.shardsOf.get(row.memberId ?? "") ?? 0,
      reason: row.reason,
    };
  }

  #countOf(check: string): number {
    const findings = this.#health?.findings.filter((finding) => finding.check === check) ?? [];
    return findings.reduce((sum, { count }) => sum + count, 0);
  }

  #shownHealth(): Pulse["health"] {
    if (!this.#health) return { ok: true, findings: [] };
    const { ok, findings } = this.#health;
    return { ok, findings: findings.map(({ severity, check, text, advice }) => ({ severity, check, text, advice })) };
  }

  readonly #readLog = async (): Promise<void> => {
    const { store, clock } = this.#options;
    const position = positionOf(await store.shards(), clock.monotonicMs());
    const before = this.#log;
    this.#log = position;
    if (!before) return;
    const appended = Math.max(0, position.appended - before.appended);
    this.#accepted = (appended * SECOND) / Math.max(1, position.atMs - before.atMs);
  };

  readonly #readHealth = async (): Promise<void> => {
    const [health, errors] = await Promise.all([
      this.ask("health", {}),
      this.ask("errors.list", { state: "open", limit: MOST_COUNTED }),
    ]);
    this.#health = health;
    this.#openErrors = errors.rows.length;
  };

  async #repeat(everyMs: number, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (thrown) {
      this.#options.events.emit("error.caught", { stage: "console", error: toError(thrown) });
    }
    if (this.#isRunning)
      this.#timers.set(
        read,
        this.#options.clock.after(everyMs, () => void this.#repeat(everyMs, read)),
      );
  }
}

function positionOf(shards: readonly ShardStatus[], atMs: number): LogPosition {
  const shardsOf = new Map<string, number>();
  let appended = 0;
  let waiting = 0;
  for (const { head, cursor, owner } of shards) {
    appended += head.in;
    waiting += head.in - cursor.in + head.out - cursor.out;
    if (owner !== null) shardsOf.set(owner, (shardsOf.get(owner) ?? 0) + 1);
  }
  return { atMs, appended, waiting, shardsOf };
}
