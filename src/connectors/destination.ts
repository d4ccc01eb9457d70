import type { Clock, Events } from "../core/index.ts";
import {
  askBreaker,
  type BreakerPolicy,
  type BreakerResult,
  type BreakerState,
  CLOSED,
  type Permission,
  tellBreaker,
} from "./breaker.ts";

const DEFAULT_POLICY: BreakerPolicy = { threshold: 5, openMs: 5_000, maxOpenMs: 60_000, probeWaitMs: 1_000 };

/** The breaker of one destination, with its events. One a connector and worker. */
export class Destination {
  readonly #connector: string;
  /** Scheme and host: never a path, which may hold a token. */
  readonly #address: string;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #policy: BreakerPolicy;
  #state: BreakerState = CLOSED;

  constructor(
    connector: string,
    url: string,
    services: { readonly clock: Clock; readonly events: Events },
    policy: BreakerPolicy = DEFAULT_POLICY,
  ) {
    this.#connector = connector;
    this.#address = new URL(url).origin;
    this.#clock = services.clock;
    this.#events = services.events;
    this.#policy = policy;
  }

  ask(): Permission {
    const { state, permission } = askBreaker(this.#policy, this.#state, this.#clock.monotonicMs());
    this.#enter(state);
    return permission;
  }

  tell(generation: number, result: BreakerResult): void {
    this.#enter(tellBreaker(this.#policy, this.#state, { generation, result }, this.#clock.monotonicMs()));
  }

  #enter(state: BreakerState): void {
    const changed = state.kind !== this.#state.kind;
    this.#state = state;
    if (!changed) return;
    const about = { connector: this.#connector, destination: this.#address };
    switch (state.kind) {
      case "open":
        this.#events.emit("breaker.opened", { ...about, forMs: state.untilMs - this.#clock.monotonicMs() });
        return;
      case "half-open":
        this.#events.emit("breaker.half-opened", about);
        return;
      case "closed":
        this.#events.emit("breaker.closed", about);
    }
  }
}
