/**
 * Makes what happened in the lanes true: one commit at a time, of everything that has gathered meanwhile.
 *
 * - `committed`: progress stands, the callbacks run (wake-ups, broadcasts, replies), and the next commit takes what has gathered.
 * - `fenced`: the named shards are lost; all that was speculative in them is void. The rest is committed again.
 * - `statement-failed`: that message failed; its lane is rolled back to before it. The rest is committed again.
 * - store away: the same commit is sent again under the same `commitId`, with backoff, until there is an answer; the store makes it at most
 *   once. Nothing is dropped; the lanes stop starting handlers when the next commit has reached its bound.
 */
import { type Clock, type Events, fullJitterMs, GodwitError, sleep, toError } from "../core/index.ts";
import type { CommitAuthor, CommitOutcome, Store } from "../store/index.ts";
import { buildCommit, type CommitPlan } from "./build-commit.ts";
import type { Entry, Handled } from "./entries.ts";
import { type OwnedShard, refOf } from "./lane.ts";
import { type LaneBook, leaseLost } from "./lane-book.ts";
import { undoMessage } from "./undo.ts";

export type Committed = Extract<CommitOutcome, { kind: "committed" }>;

type StatementFailed = Extract<CommitOutcome, { kind: "statement-failed" }>;

export interface CommitterOptions {
  readonly store: Pick<Store, "commit">;
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly author: CommitAuthor;
  readonly onCommitted: (entries: readonly Entry[], plan: CommitPlan, outcome: Committed, tookMs: number) => void;
  readonly onFenced: (shard: OwnedShard) => void;
}

const BACKOFF = { baseMs: 50, capMs: 2_000 };

export class Committer {
  readonly #options: CommitterOptions;
  #scheduled = false;
  #committing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Something may have gathered: commit it at the end of this turn of the event loop. */
  wake(): void {
    if (this.#scheduled || this.#committing || this.#stopped || this.#options.book.gathered.entries.length === 0)
      return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  /** Resolves when everything gathered so far is committed, or void. */
  async flush(): Promise<void> {
    while (!this.#stopped && (this.#committing || this.#options.book.gathered.entries.length > 0)) {
      this.#begin();
      await this.#committing;
    }
  }

  /** Gives up what is not committed: a successor handles it again. Waits for the commit that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#committing;
  }

  #begin(): void {
    if (this.#committing || this.#stopped || this.#options.book.gathered.entries.length === 0) return;
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      this.wake();
    });
  }

  async #commit(): Promise<void> {
    const { book, events } = this.#options;
    let entries = book.gathered.take();
    while (entries.length > 0 && !this.#stopped) {
      try {
        entries = await this.#try(entries);
      } catch (thrown) {
        // Nobody to blame: give the shards up, so that whoever leases them next reads anew what is true.
        events.emit("error.caught", { stage: "lanes: commit", error: toError(thrown) });
        entries = this.#fenced(entries, [...new Set(entries.map((entry) => entry.shard.shard))]);
      }
    }
  }

  /** One try; returns what must be committed still. What lies in shards that were lost meanwhile is void. */
  async #try(gathered: readonly Entry[]): Promise<readonly Entry[]> {
    const { author, clock } = this.#options;
    const entries = gathered.filter((entry) => entry.shard.phase !== "gone");
    if (entries.length === 0) return [];
    const startedMs = clock.monotonicMs();
    const plan = buildCommit(entries, crypto.randomUUID(), author, clock.wallMs());
    const outcome = await this.#write(entries, plan);
    if (outcome === "stopped") return [];
    if (outcome.kind === "committed") {
      this.#committed(entries, plan, outcome, clock.monotonicMs() - startedMs);
      return [];
    }
    return outcome.kind === "fenced" ? this.#fenced(entries, outcome.shards) : this.#undo(entries, outcome);
  }

  /** Sends the same request until there is an answer. */
  async #write(entries: readonly Entry[], plan: CommitPlan): Promise<CommitOutcome | "stopped"> {
    const { clock, events, store } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await store.commit(plan.request);
      } catch (thrown) {
        const error = toError(thrown);
        events.emit("commit.failed", { error, attempt });
        if (!isPassing(error)) return blame(entries, error);
        if (this.#stopped) return "stopped";
        await sleep(clock, fullJitterMs(BACKOFF, attempt));
      }
    }
  }

  #committed(entries: readonly Entry[], plan: CommitPlan, outcome: Committed, tookMs: number): void {
    for (const [shard, progress] of plan.progress) {
      shard.streams.in.progress = progress.in;
      shard.streams.out.progress = progress.out;
    }
    this.#options.book.committed(entries);
    this.#options.onCommitted(entries, plan, outcome, tookMs);
  }

  #fenced(entries: readonly Entry[], lost: readonly number[]): readonly Entry[] {
    const { book, onFenced } = this.#options;
    for (const entry of entries) {
      if (entry.shard.phase === "gone" || !lost.includes(entry.shard.shard)) continue;
      book.drop(entry.shard, leaseLost(entry.shard.shard));
      onFenced(entry.shard);
    }
    return entries.filter((entry) => entry.shard.phase !== "gone");
  }

  #undo(entries: readonly Entry[], { cause, error }: StatementFailed): readonly Entry[] {
    const { book, events } = this.#options;
    events.emit("message.failed", undoMessage(book, entries, cause, error));
    return book.gathered.take();
  }
}

function isPassing(error: Error): boolean {
  return error instanceof GodwitError && error.retryable;
}

/**
 * The store refuses the commit for good, without saying for whose sake. The first message takes the blame; if it is another's fault, the
 * next try blames the next, so that each message is judged by its own attempts and none is lost.
 */
function blame(entries: readonly Entry[], error: Error): CommitOutcome {
  const first = entries.find((entry): entry is Handled => entry.kind === "handled" && entry.dead === undefined);
  if (!first) throw error;
  return { kind: "statement-failed", cause: refOf(first.message), error };
}
