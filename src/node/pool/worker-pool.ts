/**
 * The node's worker processes: one that serves in each slot, and others beside them while code or a process is being replaced.
 *
 * A replacement is up (its app loaded, its health checked) before the one that it replaces is told to drain; sockets and requests move in one
 * step between the two; what the old one has in hand it finishes. Whatever fails before that step leaves the old one untouched.
 * Invariant: at most one incarnation of a slot serves. Nothing here survives a crash of the node: the next one starts its workers anew.
 */
import { type Clock, type Events, GodwitError, toError } from "../../core/index.ts";
import { type ChildSpec, type Service, type ServiceTree, Supervisor } from "../../supervision/index.ts";
import type { WorkerLinks } from "../gateway/worker-links.ts";
import type { Incarnation, Release } from "./release.ts";

export interface WorkerPoolOptions {
  /** Its place in the supervision tree. */
  readonly path: string;
  readonly slots: readonly string[];
  /** What the first workers run; later starts run what was deployed last. */
  readonly release: Release;
  readonly links: Pick<WorkerLinks, "take" | "activate">;
  readonly child: (incarnation: Incarnation) => ChildSpec;
  /** An incarnation serves from now on. */
  readonly onServing: (incarnation: Incarnation) => void;
  readonly clock: Clock;
  readonly events: Events;
}

/** What a step from old workers to new ones leaves to be done. */
export interface Moved {
  /** Resolves when those that were replaced have ended. */
  readonly drained: Promise<void>;
}

/** Why workers are replaced. */
export type ReplacementReason = "deploy" | "memory" | "canary" | "request";

/** A worker that was to replace another ended, or gave no answer, before it served. */
export class ReplacementFailedError extends GodwitError {
  constructor(slot: string, cause: unknown) {
    super("replacement_failed", `the new ${slot} did not come up: ${toError(cause).message.split("\n", 1)[0]}`, {
      cause,
    });
  }
}

export class WorkerPool implements Service {
  readonly #options: WorkerPoolOptions;
  readonly #serving = new Map<string, Incarnation>();
  #supervisor: Supervisor;
  #release: Release;
  /** Ids of incarnations that have not ended. */
  readonly #ids = new Set<string>();
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#release = options.release;
    this.#supervisor = this.#createSupervisor();
  }

  get exited(): Supervisor["exited"] {
    return this.#supervisor.exited;
  }

  /** What its workers run, but for those of a canary. */
  get release(): Release {
    return this.#release;
  }

  get slots(): readonly string[] {
    return this.#options.slots;
  }

  /** Starts a worker in each slot; may be called again once it has ended. @throws the reason of the first that does not start; none is left then. */
  async start(): Promise<void> {
    this.#supervisor = this.#createSupervisor();
    this.#serving.clear();
    this.#ids.clear();
    await this.#supervisor.start();
    try {
      await Promise.all(this.slots.map((slot) => this.#begin(this.#create(slot, this.#release, true))));
    } catch (thrown) {
      await this.#supervisor.stop();
      throw thrown;
    }
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  tree(): ServiceTree {
    return this.#supervisor.tree();
  }

  /** Those that serve, by slot. */
  get serving(): readonly Incarnation[] {
    return [...this.#serving.values()];
  }

  /** Starts workers beside those that serve: their app is loaded, and they take no work. @throws the reason of the first that does not start; none is left then. */
  async launch(release: Release, slots: readonly string[]): Promise<readonly Incarnation[]> {
    const launched = slots.map((slot) => this.#create(slot, release, false));
    const starts = await Promise.allSettled(launched.map((incarnation) => this.#begin(incarnation)));
    const failed = starts.find((start) => start.status === "rejected");
    if (!failed) return launched;
    await this.discard(launched);
    throw failed.reason;
  }

  /** Ends incarnations that are not wanted (any more). */
  async discard(incarnations: readonly Incarnation[]): Promise<void> {
    for (const incarnation of incarnations) {
      if (this.#serving.get(incarnation.slot) === incarnation) this.#serving.delete(incarnation.slot);
    }
    await Promise.allSettled(incarnations.map(({ id }) => this.#supervisor.terminateChild(id)));
    for (const { id } of incarnations) this.#ids.delete(id);
  }

  /** Runs changes of the pool one after the other, in the order in which they were asked for. */
  change<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(work);
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Lets launched workers serve in their slots, calls `onMoved` in the same step, and begins to drain those that they replace.
   * @throws ReplacementFailedError before anything has moved.
   */
  async promote(launched: readonly Incarnation[], onMoved: () => void = () => {}): Promise<Moved> {
    await Promise.all(launched.map((incarnation) => this.#take(incarnation)));
    const replaced = launched.flatMap(({ slot }) => this.#serving.get(slot) ?? []);
    for (const incarnation of launched) {
      this.#serving.set(incarnation.slot, incarnation);
      this.#options.onServing(incarnation);
    }
    this.#release = launched.find(({ slot }) => this.slots.includes(slot))?.release ?? this.#release;
    this.#options.links.activate(launched.map(({ memberId }) => memberId));
    onMoved();
    return { drained: this.discard(replaced) };
  }

  /** Replaces the worker of a slot by a new process of the same code; resolves when the new one serves. @throws as `launch` and `promote`. */
  replace(slot: string, reason: ReplacementReason): Promise<Moved> {
    return this.change(() => this.#replace(slot, reason));
  }

  async #replace(slot: string, reason: ReplacementReason): Promise<Moved> {
    const { clock, events } = this.#options;
    const current = this.#serving.get(slot);
    if (!current) throw new GodwitError("internal", `there is no worker ${slot}`);
    const startedMs = clock.monotonicMs();
    const launched = await this.launch(current.release, [slot]);
    const moved = await this.promote(launched).catch(async (thrown) => {
      await this.discard(launched);
      throw thrown;
    });
    const tookMs = clock.monotonicMs() - startedMs;
    events.emit("worker.replaced", { worker: slot, reason, release: current.release.number, tookMs });
    return moved;
  }

  #createSupervisor(): Supervisor {
    const { path, clock, events } = this.#options;
    return new Supervisor({ path, strategy: "dynamic", intensity: Number.POSITIVE_INFINITY, clock, events });
  }

  /** Ids come back: what counts by them (metrics, say) must not grow with every replacement. */
  #create(slot: string, release: Release, serving: boolean): Incarnation {
    let id = slot;
    for (let number = 2; this.#ids.has(id); number++) id = `${slot}.${number}`;
    this.#ids.add(id);
    return { id, slot, release, serving, memberId: "", lastError: undefined };
  }

  async #begin(incarnation: Incarnation): Promise<void> {
    if (incarnation.serving) this.#serving.set(incarnation.slot, incarnation);
    await this.#supervisor.startChild(this.#options.child(incarnation));
  }

  async #take(incarnation: Incarnation): Promise<void> {
    incarnation.serving = true; // Should its process die from here on, the next one of it serves at once.
    try {
      await this.#options.links.take(incarnation.memberId);
    } catch (thrown) {
      throw new ReplacementFailedError(incarnation.slot, incarnation.lastError ?? thrown);
    }
  }
}
