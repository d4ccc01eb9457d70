/**
 * Passes the gaps whose wait is over, as often as `intervalMs`, and wakes who can go on.
 *
 * States: stopped ⇄ waiting → passing → waiting. Nothing here survives a crash, nor needs to: the gaps stand in the store.
 */
import { type Clock, type Events, SECOND, type Timer, toError } from "../core/index.ts";
import type { Shard, Store } from "../store/index.ts";
import { reportReleased } from "./append-report.ts";

export interface GapWatchOptions {
  readonly store: Pick<Store, "passGaps">;
  readonly clock: Clock;
  readonly events: Events;
  readonly onGrown?: (shards: readonly Shard[]) => void;
  /** How late a gap may be passed, ms. Default 1 s. */
  readonly intervalMs?: number;
}

export class GapWatch {
  readonly #options: GapWatchOptions;
  #running = false;
  #timer: Timer | undefined;
  #passing: Promise<void> | undefined;

  constructor(options: GapWatchOptions) {
    this.#options = options;
  }

  /** Safe twice. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#arm();
  }

  /** Resolves when nothing is under way any more. Safe twice, and before `start`. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#passing;
  }

  #arm(): void {
    const { clock, intervalMs = SECOND } = this.#options;
    this.#timer = clock.after(intervalMs, () => {
      this.#passing = this.#pass().finally(() => {
        this.#passing = undefined;
        if (this.#running) this.#arm();
      });
    });
  }

  async #pass(): Promise<void> {
    const { store, clock, events, onGrown } = this.#options;
    try {
      const { passed, released } = await store.passGaps(clock.wallMs());
      for (const gap of passed) events.emit("source.gap-passed", gap);
      if (events.wanted("message.accepted")) for (const message of released) reportReleased(events, message);
      if (released.length > 0) onGrown?.([...new Set(released.map((message) => message.shard))]);
    } catch (thrown) {
      events.emit("error.caught", { stage: "gap-watch", error: toError(thrown) });
    }
  }
}
