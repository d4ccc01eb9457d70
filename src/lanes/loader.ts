import { type Clock, type Events, fullJitterMs, sleep, toError } from "../core/index.ts";
import type { Store } from "../store/index.ts";
import type { BacklogNeed } from "./backlog-needs.ts";
import { type Lane, laneId, type TargetLoad } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneLimits } from "./limits.ts";

const STATES_AT_ONCE = 1_000;
const BACKLOGS_AT_ONCE = 16;
const BACKOFF = { baseMs: 50, capMs: 2_000 };

export interface LoaderOptions {
  readonly store: Pick<Store, "readStates" | "readBacklog">;
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: LaneLimits;
  /** Lanes may have become ready. */
  readonly onLoaded: () => void;
}

/** Reads what lanes lack before they can run: states, many in one reading, and the first messages of backlogs. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #mayLoad = (load: TargetLoad): boolean => !this.#options.book.memory.isAtShare(load);
  #loading: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Lanes may lack something. */
  wake(): void {
    const { book } = this.#options;
    if (this.#stopped || this.#loading) return;
    if (book.flow.needState.length === 0 && (this.#backlogsAtOnce() === 0 || !book.flow.needBacklog.has(this.#mayLoad)))
      return;
    this.#loading = this.#load().finally(() => {
      this.#loading = undefined;
      this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loading;
  }

  /** None while the memory is full: what fills it is on its way, and gives room. */
  #backlogsAtOnce(): number {
    return Math.max(0, Math.min(BACKLOGS_AT_ONCE, this.#options.book.memory.room.messages));
  }

  async #load(): Promise<void> {
    const { book, clock, events, onLoaded } = this.#options;
    const states = book.flow.needState.splice(0, STATES_AT_ONCE);
    const backlogs = book.flow.needBacklog.take(this.#backlogsAtOnce(), this.#mayLoad);
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        await Promise.all([this.#readStates(states), ...backlogs.map((need) => this.#readBacklog(need))]);
        return onLoaded();
      } catch (thrown) {
        events.emit("error.caught", { stage: "lanes: reading states and backlogs", error: toError(thrown) });
        await sleep(clock, fullJitterMs(BACKOFF, attempt));
      }
    }
  }

  async #readStates(lanes: readonly Lane[]): Promise<void> {
    if (lanes.length === 0) return;
    const { book, store } = this.#options;
    const records = await store.readStates(lanes.map(({ target, key }) => ({ target: target.name, key })));
    lanes.forEach((lane, i) => {
      book.stateRead(lane, records[i]);
    });
  }

  async #readBacklog({ lane, reading }: BacklogNeed): Promise<void> {
    const { book, limits, store } = this.#options;
    const share = Math.floor(book.memory.room.messages / BACKLOGS_AT_ONCE);
    const limit = Math.max(1, Math.min(limits.laneMessages, share));
    const messages = await store.readBacklog(lane.shard.shard, laneId(lane), 0, limit);
    book.backlogRead(lane, reading, messages, messages.length < limit);
  }
}
