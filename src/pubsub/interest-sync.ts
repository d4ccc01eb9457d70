/**
 * Keeps what a server knows of this member's subscriptions in step with what is wanted: changes that come together go together, one request at
 * a time, and again until they are in force.
 *
 * A topic is wanted or not, and in force or not. Invariant: a `want` resolves when its topic is in force, or is not wanted any more.
 * `reset` says that the server has forgotten everything. Nothing here survives a crash: a member that starts wants nothing.
 */
import { type BackoffPolicy, type Clock, fullJitterMs, SECOND, sleep } from "../core/index.ts";

export interface InterestChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface InterestSyncOptions {
  readonly clock: Clock;
  /** Makes the change true at the server; rejects when that is not sure. */
  readonly apply: (change: InterestChange) => Promise<void>;
  readonly onError: (thrown: unknown) => void;
}

interface Interest {
  wanted: boolean;
  inForce: boolean;
  readonly waiting: (() => void)[];
}

const RETRY: BackoffPolicy = { baseMs: 50, capMs: 2 * SECOND };
/** Topics of one request. */
const MAX_CHANGE = 1_000;

export class InterestSync {
  readonly #options: InterestSyncOptions;
  readonly #topics = new Map<string, Interest>();
  #running = false;
  #stopped = false;
  #epoch = 0;

  constructor(options: InterestSyncOptions) {
    this.#options = options;
  }

  want(topic: string): Promise<void> {
    const interest = this.#topics.get(topic) ?? { wanted: true, inForce: false, waiting: [] };
    this.#topics.set(topic, interest);
    interest.wanted = true;
    if (interest.inForce) return Promise.resolve();
    const inForce = new Promise<void>((resolve) => interest.waiting.push(resolve));
    this.#wake();
    return inForce;
  }

  unwant(topic: string): void {
    const interest = this.#topics.get(topic);
    if (!interest) return;
    interest.wanted = false;
    release(interest);
    this.#wake();
  }

  /** The server knows of no subscription any more: all are made anew. Resolves when they are in force. */
  async reset(): Promise<void> {
    this.#epoch++;
    for (const [topic, interest] of this.#topics) {
      interest.inForce = false;
      if (!interest.wanted) this.#topics.delete(topic);
    }
    await Promise.all([...this.#topics.keys()].map((topic) => this.want(topic)));
  }

  /** Nothing is asked of the server any more, and nobody left waiting. */
  stop(): void {
    this.#stopped = true;
    for (const interest of this.#topics.values()) release(interest);
    this.#topics.clear();
  }

  #wake(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // What this tick still wants joins the request.
    let failures = 0;
    for (let change = this.#change(); change && !this.#stopped; change = this.#change()) {
      const epoch = this.#epoch;
      try {
        await this.#options.apply(change);
        failures = 0;
        if (epoch === this.#epoch) this.#applied(change);
      } catch (thrown) {
        this.#options.onError(thrown);
        await sleep(this.#options.clock, fullJitterMs(RETRY, ++failures));
      }
    }
    this.#running = false;
  }

  #change(): InterestChange | undefined {
    const added: string[] = [];
    const removed: string[] = [];
    for (const [topic, { wanted, inForce }] of this.#topics) {
      if (wanted === inForce) {
        if (!wanted) this.#topics.delete(topic);
        continue;
      }
      (wanted ? added : removed).push(topic);
      if (added.length + removed.length === MAX_CHANGE) break;
    }
    return added.length + removed.length > 0 ? { added, removed } : undefined;
  }

  #applied({ added, removed }: InterestChange): void {
    for (const topic of added) {
      const interest = this.#topics.get(topic);
      if (!interest) continue;
      interest.inForce = true;
      if (interest.wanted) release(interest);
    }
    for (const topic of removed) {
      const interest = this.#topics.get(topic);
      if (interest) interest.inForce = false;
    }
  }
}

function release({ waiting }: Interest): void {
  for (const resolve of waiting.splice(0)) resolve();
}
