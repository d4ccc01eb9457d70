import { toError } from "./errors.ts";
import type { EventName, EventPayloads } from "./event-catalog.ts";

/** What a listener receives beside the payload's fields. */
export interface EventMeta {
  readonly name: EventName;
  /** Wall time in ms. */
  readonly atMs: number;
}

export type Listener<N extends EventName> = (payload: EventPayloads[N], meta: EventMeta) => void;
type AnyListener = (payload: never, meta: EventMeta) => void;

/**
 * The bus for typed events: every state change says so here, and metrics, logs, the console and the users' own hooks listen.
 * Synchronous and in order of subscription. A listener that throws does not stop the others nor the emitter: it is reported
 * once as `listener.failed`. With no listener an `emit` is one map look-up; where building the payload costs, ask `wanted` first.
 */
export class Events {
  readonly #listeners = new Map<EventName, AnyListener[]>();
  readonly #all: AnyListener[] = [];
  readonly #wallMs: () => number;

  constructor(wallMs: () => number = Date.now) {
    this.#wallMs = wallMs;
  }

  /** Does anybody listen to `name`? */
  wanted(name: EventName): boolean {
    return this.#all.length > 0 || this.#listeners.has(name);
  }

  emit<N extends EventName>(name: N, payload: EventPayloads[N]): void {
    const own = this.#listeners.get(name);
    if (!own && this.#all.length === 0) return;
    const meta: EventMeta = { name, atMs: this.#wallMs() };
    if (own) for (const listener of [...own]) this.#call(listener, payload, meta);
    for (const listener of [...this.#all]) this.#call(listener, payload, meta);
  }

  /** Listens to one event. Returns the unsubscribe function, safe to call twice. */
  on<N extends EventName>(name: N, listener: Listener<N>): () => void {
    const own = this.#listeners.get(name) ?? [];
    own.push(listener as AnyListener);
    this.#listeners.set(name, own);
    return () => {
      const index = own.indexOf(listener as AnyListener);
      if (index >= 0) own.splice(index, 1);
      if (own.length === 0 && this.#listeners.get(name) === own) this.#listeners.delete(name);
    };
  }

  /** Listens to every event. Returns the unsubscribe function. */
  onAny(listener: (payload: EventPayloads[EventName], meta: EventMeta) => void): () => void {
    this.#all.push(listener as AnyListener);
    return () => {
      const index = this.#all.indexOf(listener as AnyListener);
      if (index >= 0) this.#all.splice(index, 1);
    };
  }

  /** The next event of that name (that passes `accept`), for tests and for waiting on a state. */
  next<N extends EventName>(
    name: N,
    accept: (payload: EventPayloads[N]) => boolean = () => true,
  ): Promise<EventPayloads[N]> {
    return new Promise((resolve) => {
      const off = this.on(name, (payload) => {
        if (!accept(payload)) return;
        off();
        resolve(payload);
      });
    });
  }

  #call(listener: AnyListener, payload: unknown, meta: EventMeta): void {
    try {
      listener(payload as never, meta);
    } catch (thrown) {
      if (meta.name !== "listener.failed") this.emit("listener.failed", { event: meta.name, error: toError(thrown) });
    }
  }
}
