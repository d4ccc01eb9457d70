/**
 * Keeps one gateway's presences known at all others, and theirs here.
 *
 * What changes here goes out as deltas, gathered for a moment; a heartbeat every few seconds says which version is the newest, so that a lost delta
 * is noticed and the snapshot asked for. A gateway that falls silent is dead after `SILENT_MS`, and everything of it ends here at once. One that was
 * only thought dead hears of it when it speaks again, and comes back with its next incarnation.
 *
 * States: new → started → stopped. Nothing of it survives a crash: a gateway that starts asks all others for their snapshots.
 */
import type { MergeOutcome, PresenceDelta, PresenceSnapshot, PresenceTable } from "../../channels/index.ts";
import { type Clock, type Events, SECOND, type Timer } from "../../core/index.ts";
import type { Word } from "./words.ts";

export interface PresenceExchangeOptions {
  readonly presence: PresenceTable;
  readonly clock: Clock;
  readonly events: Events;
  readonly toAll: (word: Word) => void;
  readonly toOne: (gatewayId: string, word: Word) => void;
  /** Another gateway has gone: what it knew and had not told is to be read elsewhere. */
  readonly lost: () => void;
}

const HEARTBEAT_MS: number = 3 * SECOND;
/** Three heartbeats may be late or lost. */
export const SILENT_MS: number = 4 * HEARTBEAT_MS;
/** Changes within this time go out as one delta. */
const DELTA_MS = 20;
/** The snapshot of one gateway is asked for once in so long. */
const WANT_EVERY_MS: number = SECOND;
/** Other gateways that are believed in: a bound on what a hostile program can make up. */
const MAX_GATEWAYS = 1_000;

export class PresenceExchange {
  readonly #options: PresenceExchangeOptions;
  /** Monotonic. */
  readonly #heardMs = new Map<string, number>();
  readonly #wantedMs = new Map<string, number>();
  #delta: Timer | undefined;
  #heartbeat: Timer | undefined;
  #stopped = false;

  constructor(options: PresenceExchangeOptions) {
    this.#options = options;
  }

  /** Tells the others of this gateway, and asks for theirs. */
  start(): void {
    this.#options.toAll({ kind: "wanted", by: this.#own });
    this.#beat();
  }

  /** Takes leave: the presences of this gateway end everywhere. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#delta?.cancel();
    this.#heartbeat?.cancel();
    const { presence, toAll } = this.#options;
    toAll({ kind: "left", replica: this.#own, incarnation: presence.heartbeat().incarnation });
  }

  /** Who is present has changed, here or elsewhere. */
  changed(): void {
    if (this.#delta || this.#stopped) return;
    this.#delta = this.#options.clock.after(DELTA_MS, () => {
      this.#delta = undefined;
      const delta = this.#options.presence.takeDelta();
      if (delta) this.#options.toAll({ kind: "delta", delta });
    });
  }

  /** Words may have been lost, here or there. */
  resync(): void {
    const { presence, toAll } = this.#options;
    toAll({ kind: "wanted", by: this.#own });
    toAll({ kind: "snapshot", snapshot: presence.snapshot() });
  }

  /** Another gateway has changes, or lives. */
  take(word: PresenceDelta | PresenceSnapshot): void {
    if (word.replica === this.#own) return;
    const known = this.#heardMs.has(word.replica);
    if (!known && this.#heardMs.size >= MAX_GATEWAYS) return;
    const outcome = this.#options.presence.merge(word);
    if (outcome === "stale" && !known) return this.#tellDead(word);
    this.#heardMs.set(word.replica, this.#options.clock.monotonicMs());
    if (!known) this.#options.events.emit("gateway.joined", { gateway: word.replica });
    this.#follow(word.replica, outcome);
  }

  /** Somebody asks for this gateway's presences. */
  wanted(by: string): void {
    if (by === this.#own) return;
    this.#options.toOne(by, { kind: "snapshot", snapshot: this.#options.presence.snapshot() });
  }

  left(replica: string, incarnation: number): void {
    this.#forget(replica, "left", incarnation);
  }

  /** This gateway was thought dead in that incarnation: its presences begin anew, everywhere. */
  presumedDead(incarnation: number): void {
    const { presence, toAll } = this.#options;
    presence.remove(this.#own, incarnation);
    toAll({ kind: "snapshot", snapshot: presence.snapshot() });
  }

  get #own(): string {
    return this.#options.presence.replica;
  }

  #follow(replica: string, outcome: MergeOutcome): void {
    if (outcome !== "gap") return;
    const now = this.#options.clock.monotonicMs();
    const before = this.#wantedMs.get(replica);
    if (before !== undefined && now - before < WANT_EVERY_MS) return; // The next heartbeat asks again.
    this.#wantedMs.set(replica, now);
    this.#options.toOne(replica, { kind: "wanted", by: this.#own });
  }

  /** It speaks on although it was removed: late words of a dead one, or it lives. */
  #tellDead({ replica, incarnation }: PresenceDelta | PresenceSnapshot): void {
    this.#options.toOne(replica, { kind: "presumed-dead", incarnation });
  }

  #beat(): void {
    const { clock, presence, toAll } = this.#options;
    toAll({ kind: "delta", delta: presence.heartbeat() });
    const now = clock.monotonicMs();
    for (const [replica, heardMs] of this.#heardMs) if (now - heardMs >= SILENT_MS) this.#forget(replica, "silent");
    this.#heartbeat = clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  #forget(replica: string, reason: "left" | "silent", incarnation?: number): void {
    const { presence, events, lost } = this.#options;
    if (replica === this.#own || !this.#heardMs.delete(replica)) return;
    this.#wantedMs.delete(replica);
    presence.remove(replica, incarnation);
    events.emit("gateway.lost", { gateway: replica, reason });
    lost();
  }
}
