import { SqliteStore } from "../adapters/sqlite/index.ts";
import { Events, ManualClock } from "../core/index.ts";
import { type AppendRequest, type Store, type StoredMessage, type StreamName, shardOf } from "../store/index.ts";
import { type CommittedCallbacks, type FlightRecorder, type LaneLimits, LaneRuntime } from "./index.ts";
import type { LaneRun, LaneTarget, RunOutcome } from "./target.ts";

/** A store in memory, a clock that stands still, and workers that lease its shards. */
export class LaneWorld implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly events: Events = new Events(() => this.clock.wallMs());
  readonly store: Store;
  readonly #workers: LaneRuntime[] = [];

  private constructor(shardCount: number) {
    this.store = new SqliteStore({ path: ":memory:", shardCount, clock: this.clock });
  }

  static async open(shardCount = 4): Promise<LaneWorld> {
    const world = new LaneWorld(shardCount);
    await world.store.start();
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker.stop();
    await this.store.stop();
  }

  async worker(
    targets: readonly LaneTarget[],
    options: {
      readonly memberId?: string;
      readonly limits?: Partial<LaneLimits>;
      readonly store?: Store;
      readonly onCommitted?: CommittedCallbacks;
      readonly recorder?: FlightRecorder;
    } = {},
  ): Promise<LaneRuntime> {
    const { memberId = "w1", store = this.store, ...rest } = options;
    const worker = new LaneRuntime({
      ...rest,
      store,
      clock: this.clock,
      events: this.events,
      member: { memberId, node: "n1" },
      codeVersion: "v1",
      targets,
      random: () => 0.5,
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Appends one message for each body to the lane (`actor`, key). */
  async send(key: string, bodies: readonly unknown[], target = "actor"): Promise<void> {
    await this.append(bodies.map((body) => this.message(key, body, target)));
  }

  message(key: string, body: unknown, target = "actor"): AppendRequest {
    return { shard: shardOf(key, this.store.shardCount), target, key, body: JSON.stringify(body), meta: null };
  }

  async append(requests: readonly AppendRequest[]): Promise<void> {
    await this.store.append(requests, this.clock.wallMs());
  }

  /** Lets time pass until `condition` holds. */
  async until(condition: () => boolean | Promise<boolean>, stepMs = 50, steps = 2_000): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (await condition()) return;
      await this.clock.advanceAsync(stepMs);
    }
    throw new Error(`did not come true within ${stepMs * steps} ms: ${condition}`);
  }

  async state(key: string, target = "actor"): Promise<unknown> {
    const [record] = await this.store.readStates([{ target, key }]);
    return record && JSON.parse(record.body);
  }

  async deadLetters(): Promise<readonly string[]> {
    const { rows } = await this.store.deadLetters({}, { limit: 1_000 });
    return rows.map((letter) => `${letter.key} ${letter.body} ${letter.status} ${letter.attempts}`);
  }

  async laneStatuses(): Promise<readonly string[]> {
    const { rows } = await this.store.lanes({}, { limit: 1_000 });
    return rows.map((lane) => `${lane.target}/${lane.key} ${lane.status}`);
  }

  /** Everything that lies in a stream, in order within each shard. */
  async stream(name: StreamName): Promise<readonly StoredMessage[]> {
    const positions = Array.from({ length: this.store.shardCount }, (_, shard) => ({ shard, stream: name, after: 0 }));
    return this.store.read(positions, 100_000);
  }
}

/** A target for tests; `log` receives what was handled, in order. */
export function target(
  run: (run: LaneRun<{ seen: unknown[] }>) => RunOutcome | Promise<RunOutcome>,
  overrides: Partial<LaneTarget> = {},
): LaneTarget {
  return {
    stream: "in",
    name: "actor",
    retry: { attempts: 3, backoff: { baseMs: 1_000, capMs: 10_000 }, retryable: () => true },
    onDead: "continue",
    timeoutMs: 30_000,
    concurrency: 100,
    state: {
      version: 1,
      initial: () => ({ seen: [] }),
      migrate: (state) => state,
      validate: (state) => state,
    },
    run: run as LaneTarget["run"],
    ...overrides,
  };
}

/** Handles by noting the message's body in the state. */
export function noted(run: LaneRun<{ seen: unknown[] }>): RunOutcome {
  run.state.seen.push(bodyOf(run));
  return { kind: "done", effects: { state: { value: run.state } } };
}

export function bodyOf(run: LaneRun): unknown {
  return JSON.parse(run.message.body);
}

export const DONE: RunOutcome = { kind: "done", effects: {} };
