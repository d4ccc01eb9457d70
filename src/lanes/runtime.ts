/**
 * Everything that a worker does with lanes, put together. Reading, running and committing go on side by side:
 *
 *   leases ──▶ reader ──▶ book (lanes) ◀──▶ runner ──▶ committer ──▶ callbacks
 *                            ▲                             │
 *                         loader (states, backlogs), timers ┘
 *
 * States: `new` → `running` → `draining` → `stopped`. Nothing survives a crash but what was committed, and nothing else needs to.
 */
import { type Clock, type Events, type Timer, toError } from "../core/index.ts";
import type { Member, Shard, Store } from "../store/index.ts";
import { announceCommit, broadcastsOf, type CommittedBroadcast, repliesOf } from "./announce.ts";
import type { CommitPlan } from "./build-commit.ts";
import { type Committed, Committer } from "./committer.ts";
import { controlTarget } from "./control.ts";
import type { Entry } from "./entries.ts";
import type { OwnedShard } from "./lane.ts";
import { LaneBook } from "./lane-book.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import type { LeaseScope } from "./lease-plan.ts";
import { DEFAULT_LANE_LIMITS, type LaneLimits } from "./limits.ts";
import { Loader } from "./loader.ts";
import { Reader } from "./reader.ts";
import type { FlightRecorder } from "./recorder.ts";
import { Runner } from "./runner.ts";
import type { AskReply, LaneTarget } from "./target.ts";
import { TimerPump } from "./timer-pump.ts";

export interface LaneRuntimeOptions {
  /** Started. */
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  readonly member: Member;
  /** Kept in the journal with every commit. */
  readonly codeVersion: string;
  /** One a (stream, name). */
  readonly targets: readonly LaneTarget[];
  readonly limits?: Partial<LaneLimits>;
  readonly recorder?: FlightRecorder;
  readonly onCommitted?: CommittedCallbacks;
  /** [0, 1), for the jitter of retries. */
  readonly random?: () => number;
}

/** What the node does once a commit stands. A callback that throws is reported (`error.caught`) and changes nothing. */
export interface CommittedCallbacks {
  /** The `in` streams of these shards have grown: wake whoever leases them. This runtime has woken its own. */
  grown(shards: readonly Shard[]): void;
  /** For live subscribers; each topic's in order. */
  broadcasts(broadcasts: readonly CommittedBroadcast[]): void;
  /** For the processes that asked. */
  replies(replies: readonly AskReply[]): void;
}

export interface LaneStatistics {
  readonly shards: number;
  readonly running: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly uncommittedMessages: number;
  readonly retryingLanes: number;
}

export class LaneRuntime {
  readonly #options: LaneRuntimeOptions;
  readonly #limits: LaneLimits;
  readonly #book: LaneBook;
  readonly #leases: LeaseKeeper;
  readonly #reader: Reader;
  readonly #loader: Loader;
  readonly #runner: Runner;
  readonly #committer: Committer;
  readonly #timers: TimerPump;
  #phase: "new" | "running" | "draining" | "stopped" = "new";
  #retryTimer: { readonly timer: Timer; readonly atMs: number } | undefined;
  #rested: (() => void) | undefined;

  constructor(options: LaneRuntimeOptions) {
    const { clock, events, store, member, recorder } = options;
    this.#options = options;
    this.#limits = { ...DEFAULT_LANE_LIMITS, ...options.limits };
    const limits = this.#limits;
    const wallMs = (): number => clock.wallMs();
    const book = new LaneBook({
      targets: [...options.targets, controlTarget(store, () => this.#book)],
      limits,
      wallMs,
      random: options.random ?? Math.random,
    });
    this.#book = book;
    this.#leases = new LeaseKeeper({
      store,
      member,
      book,
      clock,
      events,
      limits,
      onBeat: (acquired) => this.#beaten(acquired),
    });
    this.#reader = new Reader({ store, book, clock, events, limits, onRead: () => this.#advance() });
    this.#loader = new Loader({ store, book, clock, events, limits, onLoaded: () => this.#advance() });
    this.#timers = new TimerPump({ store, book, clock, events, limits, onFired: () => this.#advance() });
    this.#runner = new Runner({
      book,
      clock,
      events,
      limits,
      recorder,
      mayStart: () => this.#phase === "running" && this.#leases.isFresh,
      onHandled: () => this.#handled(),
    });
    this.#committer = new Committer({
      store,
      book,
      clock,
      events,
      author: { memberId: member.memberId, codeVersion: options.codeVersion },
      onCommitted: (entries, plan, outcome, tookMs) => this.#committed(entries, plan, outcome, tookMs),
      onFenced: (shard) => this.#fenced(shard),
    });
  }

  /** Takes leases and begins to run lanes. @throws what the store throws when it cannot be reached. */
  async start(scope: LeaseScope = {}): Promise<void> {
    if (this.#phase !== "new") return;
    this.#phase = "running";
    this.#leases.share(scope);
    await this.#leases.start();
    this.#reader.start();
    this.#advance();
  }

  /** These shards' `in` streams have grown. Cheap, and safe for shards that are not ours. */
  wake(shards: readonly Shard[]): void {
    if (this.#phase === "running") this.#reader.wake(shards, ["in"]);
  }

  /** A member is known to have joined or left, or shards to be free: looks at once rather than at the next heartbeat. */
  async rebalance(scope?: LeaseScope): Promise<void> {
    if (scope) this.#leases.share(scope);
    if (this.#phase === "running") await this.#leases.beat();
  }

  /**
   * Stops in good order: no message starts any more; what runs may end within `deadlineMs` and is committed. Each shard is given back as soon
   * as it is at rest, so that a slow handler keeps only its own from the next holder. What has not ended by then is void here, and is
   * handled by the next holder.
   */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#phase !== "running") return this.stop();
    this.#phase = "draining";
    await this.#reader.stop();
    await this.#leases.leave().catch((thrown) => this.#caught("lanes: releasing shards", thrown));
    const { promise, timer } = this.#deadline(deadlineMs);
    await Promise.race([this.#atRest(), promise]);
    await Promise.race([this.#committer.flush(), promise]);
    timer.cancel();
    await this.stop();
  }

  /** Stops at once: what runs is void, what is not committed will be handled again by the next holder. Safe twice. */
  async stop(): Promise<void> {
    if (this.#phase === "stopped") return;
    const wasNew = this.#phase === "new";
    this.#phase = "stopped";
    this.#retryTimer?.timer.cancel();
    this.#runner.stop();
    await Promise.all([this.#reader.stop(), this.#timers.stop(), this.#loader.stop(), this.#committer.stop()]);
    if (!wasNew) await this.#leases.stop();
  }

  statistics(): LaneStatistics {
    const book = this.#book;
    return {
      shards: book.shards.size,
      running: this.#runner.running,
      queuedMessages: book.memory.messages,
      queuedBytes: book.memory.bytes,
      uncommittedMessages: book.gathered.messages,
      retryingLanes: book.flow.due.length,
    };
  }

  #beaten(acquired: readonly OwnedShard[]): void {
    if (this.#phase !== "running") return;
    if (acquired.length > 0) {
      this.#timers.look();
      this.#reader.wake(acquired.map((shard) => shard.shard));
    }
    this.#advance();
  }

  /** Whatever may have become possible, begins. */
  #advance(): void {
    if (this.#phase === "stopped") return;
    this.#loader.wake();
    this.#runner.wake();
    this.#committer.wake();
    this.#armRetry();
  }

  #handled(): void {
    if (this.#phase === "stopped") return;
    this.#loader.wake();
    this.#committer.wake();
    this.#reader.resume();
    this.#armRetry();
    if (this.#runner.running === 0) this.#rested?.();
  }

  #committed(entries: readonly Entry[], plan: CommitPlan, outcome: Committed, tookMs: number): void {
    const { events, member } = this.#options;
    this.#timers.committed(plan);
    this.#reader.wake(outcome.grown, ["in"]);
    this.#reader.wake(
      plan.grownOut.map((shard) => shard.shard),
      ["out"],
    );
    this.#tell("replies", repliesOf(entries));
    this.#tell("broadcasts", broadcastsOf(entries, plan, outcome));
    this.#tell("grown", outcome.grown);
    announceCommit(events, member.memberId, entries, tookMs);
    for (const gap of outcome.passed) events.emit("source.gap-passed", gap);
    this.#reader.resume();
    this.#advance();
    this.#leases.releaseRested().catch((thrown) => this.#caught("lanes: releasing shards", thrown));
  }

  #tell<Name extends keyof CommittedCallbacks>(name: Name, list: Parameters<CommittedCallbacks[Name]>[0]): void {
    const callbacks = this.#options.onCommitted;
    if (!callbacks || list.length === 0) return;
    try {
      (callbacks[name] as (list: Parameters<CommittedCallbacks[Name]>[0]) => void).call(callbacks, list);
    } catch (thrown) {
      this.#caught(`lanes: onCommitted.${name}`, thrown);
    }
  }

  #fenced(shard: OwnedShard): void {
    const { events, member } = this.#options;
    events.emit("lease.lost", { member: member.memberId, shards: [shard.shard] });
    this.#leases.abandon(shard);
  }

  /** Wakes the lanes whose retry is due, when the earliest is. */
  #armRetry(): void {
    const atMs = this.#book.flow.due.nextAtMs;
    if (atMs === undefined || (this.#retryTimer && this.#retryTimer.atMs <= atMs)) return;
    this.#retryTimer?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(Math.max(0, atMs - clock.wallMs()), () => {
      this.#retryTimer = undefined;
      this.#book.flow.wakeDue(clock.wallMs());
      this.#advance();
    });
    this.#retryTimer = { timer, atMs };
  }

  #atRest(): Promise<void> {
    if (this.#runner.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#rested = resolve;
    });
  }

  #deadline(delayMs: number): { readonly promise: Promise<void>; readonly timer: Timer } {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { promise, timer: this.#options.clock.after(delayMs, resolve) };
  }

  #caught(stage: string, thrown: unknown): void {
    this.#options.events.emit("error.caught", { stage, error: toError(thrown) });
  }
}
