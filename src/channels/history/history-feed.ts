/**
 * The durable broadcasts of one topic as one gateway sees them: in order, each once, however they arrive.
 *
 * States: `closed` → `opening` (the store is asked for the topic's end) → `open`. Invariants once open: everything up to `position` has gone to the
 * topic's subscribers, in order; nothing beyond it has; `recent` is an unbroken run that ends at `position`. A broadcast beyond `position + 1` waits;
 * when what is missing does not come by itself, it is read from the store (its sender may have died between the commit and the word of it).
 * Nothing here must survive: the store is the truth.
 */
import { type Timer, toError } from "../../core/index.ts";
import type { Seq } from "../../store/index.ts";
import type { GatewayContext } from "../gateway/context.ts";
import type { ChannelId } from "../protocol.ts";
import type { HistoryStore } from "./history-store.ts";
import { RecentBroadcasts } from "./recent-broadcasts.ts";
import { fromRecord, type SequencedBroadcast, sequenced } from "./sequenced-broadcast.ts";

/** Where a joining channel stands. `recovered` is absent when it did not ask to resume. */
export interface ResumePlan {
  readonly position: Seq;
  readonly recovered?: boolean;
  /** All after the client's `since`, up to `position`. */
  readonly missed: readonly SequencedBroadcast[];
}

export interface HistoryFeedOptions {
  readonly topic: string;
  readonly context: GatewayContext;
  readonly store: HistoryStore;
  /** Takes the next broadcast for the subscribers. */
  readonly deliver: (broadcast: SequencedBroadcast) => void;
  /** What the subscribers should have got is no longer held; they must join again. */
  readonly lost: () => void;
}

/** Broadcasts of several workers arrive a little out of order; before the store is asked they get so long. */
const GRACE_MS = 25;
const RETRY_MS = 1_000;
const PAGE = 200;
const MAX_WAITING = 1_000;

export class HistoryFeed {
  readonly #options: HistoryFeedOptions;
  readonly #waiting = new Map<Seq, SequencedBroadcast>();
  readonly #recent = new RecentBroadcasts();
  #position: Seq = 0;
  #opening: Promise<void> | undefined;
  #open = false;
  #preloading: Promise<void> | undefined;
  #filling: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: HistoryFeedOptions) {
    this.#options = options;
  }

  /** Takes a broadcast that has been made durable. One that has been delivered already is passed over. */
  offer(seq: Seq, event: string, body: string, except?: ChannelId): void {
    if (this.#open && seq <= this.#position) return;
    const broadcast = sequenced(seq, event, body, except);
    if (this.#open && seq === this.#position + 1) this.#accept(broadcast);
    else if (this.#waiting.size < MAX_WAITING) this.#waiting.set(seq, broadcast);
    if (this.#open) this.#settle();
  }

  /** Reads from the store what nobody told of. @throws what the store throws. */
  async catchUp(): Promise<void> {
    await this.open();
    const { last } = await this.#options.store.historyBounds(this.#options.topic);
    while (this.#position < last && !this.#closed) {
      const before = this.#position;
      await this.#readOn();
      if (this.#position === before) break;
    }
  }

  /**
   * Calls `admit` with the plan for a channel that has seen all up to `since`, at a moment when the plan is exact: what comes after it is live.
   * Never a partial recovery: either all that was missed, or `recovered: false`.
   * @throws what the store throws.
   */
  async resume(since: Seq | undefined, admit: (plan: ResumePlan) => void): Promise<void> {
    await this.open();
    if (since === undefined) return admit({ position: this.#position, missed: [] });
    if (since > this.#position) await this.catchUp(); // Another gateway may have been quicker to show it.
    const found = await this.#load(since, (missed) => admit({ position: this.#position, recovered: true, missed }));
    if (!found) admit({ position: this.#position, recovered: false, missed: [] });
  }

  open(): Promise<void> {
    this.#opening ??= this.#readEnd().catch((thrown) => {
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  /** Stops reading. Safe twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  async #readEnd(): Promise<void> {
    this.#position = (await this.#options.store.historyBounds(this.#options.topic)).last;
    this.#open = true;
    this.#settle();
  }

  /** Collects all after `since`; `use` runs in the same tick in which the collection is complete. False when something is no longer held. */
  async #load(since: Seq, use: (missed: SequencedBroadcast[]) => void): Promise<boolean> {
    const { maxResumeMessages } = this.#options.context.limits;
    const missed: SequencedBroadcast[] = [];
    for (let after = since; ; after = missed.at(-1)?.seq ?? since) {
      if (after > this.#position || this.#position - since > maxResumeMessages) return false;
      const rest = this.#recent.after(after, this.#position);
      if (rest) {
        use([...missed, ...rest]);
        return true;
      }
      if (missed.length === 0 && (await this.#preload())) continue;
      const page = await this.#read(after);
      if (page[0]?.seq !== after + 1) return false;
      missed.push(...page.filter(({ seq }) => seq <= this.#position));
    }
  }

  /** Fills `recent` from the store, once: many clients that come back at the same time then ask it once. True when it was just done. */
  async #preload(): Promise<boolean> {
    if (this.#preloading && this.#recent.size > 0) return false;
    const first = this.#preloading === undefined;
    this.#preloading ??= this.#readRecent();
    await this.#preloading;
    return first;
  }

  async #readRecent(): Promise<void> {
    const end = this.#position;
    const page = await this.#read(Math.max(0, end - this.#recent.capacity), this.#recent.capacity);
    this.#recent.prepend(page.filter(({ seq }) => seq <= end));
  }

  #accept(broadcast: SequencedBroadcast): void {
    this.#position = broadcast.seq;
    this.#waiting.delete(broadcast.seq);
    this.#recent.push(broadcast);
    this.#options.deliver(broadcast);
  }

  /** Delivers what has become next, and sees to what is still missing. */
  #settle(): void {
    for (let next = this.#waiting.get(this.#position + 1); next; next = this.#waiting.get(this.#position + 1)) {
      this.#accept(next);
    }
    for (const seq of this.#waiting.keys()) if (seq <= this.#position) this.#waiting.delete(seq);
    if (this.#waiting.size > 0) this.#fillAfter(GRACE_MS);
  }

  #fillAfter(delayMs: number): void {
    if (this.#timer || this.#closed) return;
    this.#timer = this.#options.context.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#fill().catch((thrown) => {
        this.#options.context.events.emit("error.caught", { stage: "channels.history-feed", error: toError(thrown) });
        this.#fillAfter(RETRY_MS);
      });
    });
  }

  async #fill(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#closed) await this.#readOn();
  }

  /** Reads a page after `position` and delivers it. One reader at a time. */
  #readOn(): Promise<void> {
    this.#filling ??= this.#readPage().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #readPage(): Promise<void> {
    const page = await this.#read(this.#position);
    const fresh = page.filter(({ seq }) => seq > this.#position);
    if (this.#closed) return;
    if (fresh.length === 0) return this.#skipTo(Math.min(...this.#waiting.keys()) - 1);
    if (fresh[0]?.seq !== this.#position + 1) this.#skipTo((fresh[0]?.seq as Seq) - 1);
    for (const broadcast of fresh) if (broadcast.seq === this.#position + 1) this.#accept(broadcast);
    this.#settle();
  }

  /** What lies between is no longer held. */
  #skipTo(position: Seq): void {
    if (!(Number.isFinite(position) && position > this.#position)) return;
    this.#position = position;
    this.#recent.clear();
    this.#options.lost();
    this.#settle();
  }

  async #read(after: Seq, limit: number = PAGE): Promise<SequencedBroadcast[]> {
    const records = await this.#options.store.readHistory(this.#options.topic, after, limit);
    return records.map(fromRecord);
  }
}
