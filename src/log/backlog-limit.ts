/**
 * Bounds what is accepted and taken on by nobody: while workers are down or too slow to read, the log would grow until the disk is full.
 *
 * It looks while messages come, at most once in `intervalMs` and beside them, so that the bound may be passed by what is accepted between two
 * looks. While the store does not answer the last look counts. What a key has waiting after it was read (it is failing, halted or slow) stands
 * in its own backlog and is not counted: one bad key must not close its shard to the others.
 */
import { BusyError, type Clock, type Events, SECOND, toError } from "../core/index.ts";
import type { AppendRequest, Shard, Store } from "../store/index.ts";

export interface BacklogLimitOptions {
  readonly store: Pick<Store, "shards">;
  readonly clock: Clock;
  readonly events: Events;
  /** Messages that may lie in one shard's `in` stream beyond its cursor. */
  readonly maxPerShard: number;
  /** Default 1 s. */
  readonly intervalMs?: number;
}

/** A shard with so much to do is not empty soon. */
const RETRY_MS = 5 * SECOND;

export class BacklogLimit {
  readonly #options: BacklogLimitOptions;
  #full: ReadonlySet<Shard> = new Set();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: BacklogLimitOptions) {
    this.#options = options;
  }

  /** @throws BusyError when one of these is for a shard that is full. */
  check(requests: readonly AppendRequest[]): void {
    this.#lookWhenDue();
    if (this.#full.size === 0) return;
    const refused = requests.find(({ shard }) => this.#full.has(shard));
    if (refused) throw new BusyError(`the backlog of shard ${refused.shard}`, RETRY_MS);
  }

  /** Resolves when no look is under way. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  #lookWhenDue(): void {
    const { clock, intervalMs = SECOND } = this.#options;
    if (this.#looking || clock.monotonicMs() - this.#lookedMs < intervalMs) return;
    this.#looking = this.#look().finally(() => {
      this.#lookedMs = clock.monotonicMs();
      this.#looking = undefined;
    });
  }

  async #look(): Promise<void> {
    const { events, maxPerShard, store } = this.#options;
    try {
      const shards = await store.shards();
      const full = shards.filter(({ head, cursor }) => head.in - cursor.in >= maxPerShard);
      this.#full = new Set(full.map(({ shard }) => shard));
    } catch (thrown) {
      events.emit("error.caught", { stage: "backlog limit", error: toError(thrown) });
    }
  }
}
