/**
 * Group commit: what concurrent callers append goes into one transaction, so that they share its fsync.
 *
 * States: idle → appending (one `store.append` under way; what comes meanwhile is the next batch) → idle; stopped from either.
 * Invariants: one append at a time, so a caller's calls keep their order; a call's messages are appended together or not at all; what
 * waits is bounded, and past the bound refused. Nothing here survives a crash: what has not been acknowledged was not promised.
 */
import {
  BusyError,
  type Clock,
  type Events,
  GodwitError,
  InvalidInputError,
  StoreUnavailableError,
  toError,
} from "../core/index.ts";
import type { AppendOutcome, AppendRequest, AppendResult, Shard, Store } from "../store/index.ts";
import { type AppendBounds, type AppendCall, AppendQueue, sizeOf } from "./append-queue.ts";
import { reportAppend } from "./append-report.ts";
import { BacklogLimit } from "./backlog-limit.ts";
import { checkMessage, DEFAULT_MESSAGE_LIMITS, type MessageLimits } from "./message-limits.ts";

export interface AppenderOptions {
  readonly store: Pick<Store, "append" | "shards">;
  readonly clock: Clock;
  readonly events: Events;
  /** Told after each append which shards' `in` streams have grown, so that their lease holders can be woken. */
  readonly onGrown?: (shards: readonly Shard[]) => void;
  readonly limits?: MessageLimits;
  /** Most in one transaction. Default 2,000 messages, 4 Mi characters. A single call may not hold more messages. */
  readonly batch?: AppendBounds;
  /** Most that waits, the batch under way not counted; past it `busy`. Default 20,000 messages, 32 Mi characters. */
  readonly waiting?: AppendBounds;
  /** Messages in one shard that no worker has taken on; past it `busy` for that shard. Default 1,000,000. */
  readonly maxBacklog?: number;
}

const DEFAULT_BATCH: AppendBounds = { messages: 2_000, size: 4 * 1024 * 1024 };
const DEFAULT_WAITING: AppendBounds = { messages: 20_000, size: 32 * 1024 * 1024 };
const DEFAULT_MAX_BACKLOG = 1_000_000;
/** What a refused caller is told to wait: some batches later there is room, or the store is in real trouble. */
const BUSY_RETRY_MS = 100;

export class Appender {
  readonly #options: AppenderOptions;
  readonly #limits: MessageLimits;
  readonly #batch: AppendBounds;
  readonly #waiting: AppendBounds;
  readonly #backlog: BacklogLimit;
  readonly #queue = new AppendQueue();
  #pumping: Promise<void> | undefined;
  #stopped = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_MESSAGE_LIMITS;
    this.#batch = options.batch ?? DEFAULT_BATCH;
    this.#waiting = options.waiting ?? DEFAULT_WAITING;
    this.#backlog = new BacklogLimit({ ...options, maxPerShard: options.maxBacklog ?? DEFAULT_MAX_BACKLOG });
  }

  /** Messages that wait for their batch. */
  get waitingMessages(): number {
    return this.#queue.messages;
  }

  /**
   * Appends the messages as one: all of them are durable when the promise resolves, with one outcome each, in order; none is when it rejects.
   * Calls are carried out in the order in which they were made.
   * @throws InvalidInputError when a message is malformed or too large, or the call holds more than a batch.
   * @throws BusyError when too much is waiting, here or in a shard; StoreUnavailableError when the store fails, or the appender is stopped.
   */
  async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    if (this.#stopped) throw new StoreUnavailableError("the appender is stopped");
    if (requests.length === 0) return [];
    this.#check(requests);
    this.#backlog.check(requests);
    const size = sizeOf(requests);
    if (!this.#queue.isEmpty && !this.#queue.hasRoom(requests.length, size, this.#waiting)) {
      throw new BusyError("the append queue", BUSY_RETRY_MS);
    }
    return new Promise((resolve, reject) => {
      this.#queue.add({ requests, size, resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Takes nothing more and resolves when what was taken is durable (or refused). Safe twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pumping;
    await this.#backlog.settled();
  }

  #check(requests: readonly AppendRequest[]): void {
    if (requests.length > this.#batch.messages) {
      throw new InvalidInputError("messages", `at most ${this.#batch.messages} in one append`, requests.length);
    }
    for (const request of requests) checkMessage(request, this.#limits);
  }

  async #pump(): Promise<void> {
    while (!this.#queue.isEmpty) {
      // Lets every request that has already arrived join: with a synchronous store, a batch would otherwise be one caller.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#appendCalls(this.#queue.takeBatch(this.#batch));
    }
    this.#pumping = undefined;
  }

  /** Appends the calls as one; where one of them is at fault, in halves, so that only that one fails. */
  async #appendCalls(calls: readonly AppendCall[]): Promise<void> {
    const requests = calls.flatMap((call) => call.requests);
    const { clock, store } = this.#options;
    const startedMs = clock.monotonicMs();
    let result: AppendResult;
    try {
      result = await store.append(requests, clock.wallMs());
    } catch (thrown) {
      return this.#appendFailed(calls, thrown);
    }
    let at = 0;
    for (const call of calls) {
      call.resolve(result.outcomes.slice(at, at + call.requests.length));
      at += call.requests.length;
    }
    this.#tell(requests, result, clock.monotonicMs() - startedMs);
  }

  async #appendFailed(calls: readonly AppendCall[], thrown: unknown): Promise<void> {
    const passing = thrown instanceof GodwitError && thrown.retryable;
    if (passing || calls.length === 1) {
      for (const call of calls) call.reject(thrown);
      return;
    }
    const half = Math.ceil(calls.length / 2);
    await this.#appendCalls(calls.slice(0, half));
    await this.#appendCalls(calls.slice(half));
  }

  #tell(requests: readonly AppendRequest[], result: AppendResult, ms: number): void {
    const { events, onGrown } = this.#options;
    reportAppend(events, requests, result, ms);
    const grown = grownShards(requests, result);
    if (grown.length === 0) return;
    try {
      onGrown?.(grown);
    } catch (thrown) {
      events.emit("error.caught", { stage: "appender.onGrown", error: toError(thrown) });
    }
  }
}

function grownShards(requests: readonly AppendRequest[], { outcomes, released }: AppendResult): readonly Shard[] {
  const grown = new Set<Shard>();
  requests.forEach(({ shard }, i) => {
    if (outcomes[i]?.kind === "appended") grown.add(shard);
  });
  for (const { shard } of released) grown.add(shard);
  return [...grown];
}
