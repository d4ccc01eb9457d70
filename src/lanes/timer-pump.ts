/**
 * Fires the timers of the owned shards: each becomes a message in its own lane, in the commit that removes the timer.
 *
 * In time order, at most `timersPerTick` at a time with `timerTickMs` between, so that a long downtime is not followed by a stampede.
 * One reading at a time, and the next only after the commit of what the last has fired: so no timer fires twice. A timer that a handler
 * has set anew or cancelled since the reading began is passed over; the next reading sees what became of it.
 */
import { type Clock, type Events, SECOND, type Timer, toError } from "../core/index.ts";
import type { Store, TimerRecord } from "../store/index.ts";
import type { CommitPlan } from "./build-commit.ts";
import { timerKey } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneLimits } from "./limits.ts";

/** A timer counts as late from here on. */
const LATE_MS = SECOND;
/** Looks for timers at least this often: another process may have set one. */
const LOOK_MS = 5 * SECOND;

export interface TimerPumpOptions {
  readonly store: Pick<Store, "dueTimers" | "nextTimerAt">;
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: LaneLimits;
  readonly onFired: () => void;
}

export class TimerPump {
  readonly #options: TimerPumpOptions;
  /** What handlers have set or cancelled, and was committed while a reading was under way. */
  readonly #touched = new Set<string>();
  #timer: { readonly timer: Timer; readonly atMs: number } | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: TimerPumpOptions) {
    this.#options = options;
  }

  /** Timers may be due: a shard is new, or a timer has been set. */
  look(): void {
    this.#arm(this.#options.clock.wallMs());
  }

  /** A commit stands: timers that it has set count from now on. */
  committed(plan: CommitPlan): void {
    for (const shard of plan.request.shards) {
      for (const timer of shard.timers ?? []) {
        if (this.#looking) this.#touched.add(timerKey(timer));
        this.#arm(timer.dueAtMs);
      }
      for (const done of shard.timersDone ?? []) if (this.#looking) this.#touched.add(timerKey(done));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.timer.cancel();
    await this.#looking;
  }

  #arm(atMs: number): void {
    if (this.#stopped || (this.#timer && this.#timer.atMs <= atMs)) return;
    this.#timer?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(Math.max(0, atMs - clock.wallMs()), () => {
      this.#timer = undefined;
      if (this.#looking) return;
      this.#looking = this.#tick().finally(() => {
        this.#looking = undefined;
        this.#touched.clear();
      });
    });
    this.#timer = { timer, atMs };
  }

  async #tick(): Promise<void> {
    const { clock, events, limits } = this.#options;
    let nextMs = clock.wallMs() + limits.timerTickMs;
    try {
      nextMs = await this.#fireDue();
    } catch (thrown) {
      events.emit("error.caught", { stage: "lanes: timers", error: toError(thrown) });
      nextMs = clock.wallMs() + SECOND;
    }
    this.#arm(nextMs);
  }

  /** Fires what is due; returns when to look again. */
  async #fireDue(): Promise<number> {
    const { book, clock, limits, store } = this.#options;
    const nowMs = clock.wallMs();
    const owned = [...book.shards.values()].filter((shard) => shard.phase === "active");
    if (owned.some((shard) => shard.firing > 0)) return nowMs + limits.timerTickMs;
    const shards = owned.map((shard) => shard.shard);
    if (shards.length === 0) return nowMs + LOOK_MS;
    const timers = await store.dueTimers(shards, nowMs, limits.timersPerTick);
    if (timers.length > 0) this.#fire(timers, nowMs);
    if (timers.length >= limits.timersPerTick || this.#touched.size > 0) return nowMs + limits.timerTickMs;
    const nextMs = await store.nextTimerAt(shards);
    const soonest = nowMs + (timers.length > 0 ? limits.timerTickMs : 1);
    return Math.min(nowMs + LOOK_MS, Math.max(soonest, nextMs ?? Number.POSITIVE_INFINITY));
  }

  #fire(timers: readonly TimerRecord[], nowMs: number): void {
    const { book, events, onFired } = this.#options;
    let late = 0;
    let maxLateMs = 0;
    let fired = 0;
    for (const timer of timers) {
      const shard = book.shards.get(timer.shard);
      const key = timerKey(timer);
      if (shard?.phase !== "active" || this.#touched.has(key) || shard.timerOps.has(key)) continue;
      book.note({ kind: "fired", shard, timer });
      fired += 1;
      const lateMs = nowMs - timer.dueAtMs;
      maxLateMs = Math.max(maxLateMs, lateMs);
      if (lateMs >= LATE_MS) late += 1;
    }
    if (fired > 0) events.emit("timer.fired", { fired, late, maxLateMs });
    onFired();
  }
}
