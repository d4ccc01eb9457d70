import { BusyError, type Clock, Events, SECOND, systemClock, type Timer } from "../core/index.ts";
import { type ChildSpec, type CompiledChild, compileChild } from "./child-spec.ts";
import { decide } from "./decide.ts";
import { ChildRefusedError } from "./errors.ts";
import { Instance, type InstanceEvent } from "./instance.ts";
import { createPlan, type Effect, type Plan, type PlanEvent, refusalOf } from "./plan.ts";
import { report } from "./report.ts";
import type { ExitReason, Service, ServiceTree } from "./service.ts";
import { compileSupervisor, requireFit, type SupervisorOptions } from "./supervisor-options.ts";
import { treeOf } from "./tree.ts";
import { Waiters } from "./waiters.ts";

/** How soon to ask again for a child that was refused because there are too many. */
const BUSY_RETRY_MS: number = SECOND;

/**
 * Starts children, keeps them up by their restart rules, and ends them: OTP's supervisor for async services. A supervisor is
 * itself a service, so that supervisors form a tree (`supervisorChild`). One life: start → stop; a new one is created to start
 * again. What it decides is in `decide.ts`, this class carries it out.
 *
 * Guarantees: at most one instance of a child at a time; start in order, stop in reverse order; nothing is started after
 * `stop`; a child that neither ends nor can be killed in its time is abandoned and reported (`service.abandoned`), so that
 * `stop` always ends when every shutdown time does.
 *
 * ```ts
 * const supervisor = new Supervisor({
 *   path: "shop",
 *   strategy: "rest-for-one", // what starts later needs what has started before
 *   children: [
 *     { id: "store", start: () => openStore() },
 *     { id: "poller", restart: "transient", start: () => taskService((signal) => poll(signal)) },
 *   ],
 * });
 * await supervisor.start();
 * ```
 *
 * Source: erlang/otp lib/stdlib/src/supervisor.erl. Where it differs: docs/decisions/0003-supervision.md.
 */
export class Supervisor implements Service {
  readonly path: string;
  /** Resolves when it has ended: `shutdown` when stopped or by `autoShutdown`, `error` when it gave up or could not start. */
  readonly exited: Promise<ExitReason>;
  readonly #plan: Plan;
  readonly #maxChildren: number;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #random: () => number;
  readonly #specs = new Map<string, CompiledChild>();
  readonly #instances = new Map<string, Instance>();
  readonly #timers = new Map<string, Timer>();
  readonly #queue: PlanEvent[] = [];
  readonly #waiters: Waiters;
  readonly #sinceMs: number;
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ended: PromiseWithResolvers<ExitReason> = Promise.withResolvers();
  #draining = false;

  /** @throws InvalidInputError (`invalid_input`) on options or children that are wrong. */
  constructor(options: SupervisorOptions) {
    const { rules, children, maxChildren } = compileSupervisor(options);
    this.path = rules.path;
    this.exited = this.#ended.promise;
    this.#waiters = new Waiters(rules.path);
    this.#clock = options.clock ?? systemClock;
    this.#events = options.events ?? new Events();
    this.#random = options.random ?? Math.random;
    this.#maxChildren = maxChildren;
    this.#sinceMs = this.#clock.wallMs();
    this.#plan = createPlan(rules, children, this.#sinceMs);
    for (const child of children) this.#specs.set(child.id, child);
    this.#ready.promise.catch(() => undefined);
  }

  /**
   * Starts the children in order; resolves when all are up. Safe twice.
   * @throws ChildStartError (`child_start_failed`) when one does not start: those before it have been stopped again.
   * @throws EscalatedError (`supervisor_escalated`) when children that were up kept failing meanwhile.
   * @throws ChildRefusedError (`child_refused`) when it was stopped before it was up.
   */
  start(): Promise<void> {
    this.#dispatch({ kind: "start" });
    return this.#ready.promise;
  }

  /** Stops the children in reverse order (dynamic ones side by side); resolves when all have ended. Safe twice, and at any time. */
  async stop(): Promise<void> {
    this.#dispatch({ kind: "stop" });
    await this.#ended.promise;
  }

  /**
   * Adds a child behind the others and starts it; resolves with its service (nothing, if its start said that there is nothing
   * to run) when it is up. When its start fails the child is not kept.
   * @throws the error of the start; ChildRefusedError (`child_refused`); BusyError (`busy`); InvalidInputError (`invalid_input`).
   */
  async startChild<S extends Service>(spec: ChildSpec<S>): Promise<S | undefined> {
    const child = compileChild(spec);
    requireFit(this.#plan.rules, child);
    const event: PlanEvent = { kind: "add", child };
    this.#require(child.id, event);
    if (this.#plan.children.size >= this.#maxChildren) throw new BusyError(`supervisor ${this.path}`, BUSY_RETRY_MS);
    this.#specs.set(child.id, child);
    return this.#waitUp(child.id, event) as Promise<S | undefined>;
  }

  /** Ends a child and keeps its specification (unless it is temporary or dynamic); resolves when it has ended. */
  async terminateChild(id: string): Promise<void> {
    this.#require(id, { kind: "terminate", id });
    const down = this.#waiters.waitDown(id);
    this.#dispatch({ kind: "terminate", id });
    await down;
  }

  /** Starts a child that is not running; resolves with its service when it is up. When that fails, the child stays down. */
  async restartChild(id: string): Promise<Service | undefined> {
    const event: PlanEvent = { kind: "restart", id };
    this.#require(id, event);
    return this.#waitUp(id, event);
  }

  /** Forgets a child that is not running. */
  deleteChild(id: string): void {
    this.#require(id, { kind: "delete", id });
    this.#dispatch({ kind: "delete", id });
  }

  /** The running service of that child, if it is up. */
  which(id: string): Service | undefined {
    return this.#instances.get(id)?.service;
  }

  /** How many children it knows, and how many of them are up. */
  count(): { readonly children: number; readonly running: number } {
    let running = 0;
    for (const child of this.#plan.children.values()) if (child.phase === "up") running += 1;
    return { children: this.#plan.children.size, running };
  }

  /** The tree as it is now. */
  tree(): ServiceTree {
    return treeOf(this.#plan, this.#sinceMs, (id) => this.which(id));
  }

  #require(id: string, event: PlanEvent): void {
    const refusal = refusalOf(this.#plan, event);
    if (refusal) throw new ChildRefusedError(`${this.path}/${id}`, refusal);
  }

  #waitUp(id: string, event: PlanEvent): Promise<Service | undefined> {
    const up = this.#waiters.waitUp(id);
    this.#dispatch(event);
    return up;
  }

  /** Decides and carries out one event after the other: what is carried out may bring the next one before it has returned. */
  #dispatch(event: PlanEvent): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const now = { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs(), random: this.#random() };
        for (const effect of decide(this.#plan, next, now)) this.#carryOut(effect);
      }
    } finally {
      this.#draining = false;
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "start":
        this.#startInstance(effect.id, effect.restarts);
        break;
      case "stop":
        this.#instances.get(effect.id)?.stop();
        break;
      case "wait":
        this.#wait(effect.id, effect.delayMs);
        break;
      case "cancel-wait":
        this.#timers.get(effect.id)?.cancel();
        this.#timers.delete(effect.id);
        break;
      case "arrived-up":
        this.#waiters.up(effect.id, this.which(effect.id));
        break;
      case "arrived-down":
        this.#waiters.down(effect.id, effect.why);
        break;
      case "forget":
        this.#specs.delete(effect.id);
        break;
      case "ready":
        this.#ready.resolve();
        break;
      case "ended":
        this.#end();
        break;
      default:
        report(this.#events, this.#plan.rules, effect);
    }
  }

  #startInstance(id: string, restarts: number): void {
    const path = `${this.path}/${id}`;
    const instance = new Instance(this.#specs.get(id) as CompiledChild, {
      clock: this.#clock,
      events: this.#events,
      path,
      restarts,
      tell: (event) => this.#told(id, event),
    });
    this.#instances.set(id, instance);
    instance.start();
  }

  #told(id: string, event: InstanceEvent): void {
    if (event.kind !== "up") this.#instances.delete(id);
    this.#dispatch({ ...event, id });
  }

  #wait(id: string, delayMs: number): void {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(id);
      this.#dispatch({ kind: "waited", id });
    });
    this.#timers.set(id, timer);
  }

  #end(): void {
    const { exit } = this.#plan;
    this.#ready.reject(exit.kind === "error" ? exit.error : new ChildRefusedError(this.path, "not-running"));
    this.#ended.resolve(exit);
  }
}

/**
 * A supervisor as a child of another: it is created anew at each start, with the children it is specified with, and may take
 * as long as its own children's shutdown times need. Clock and events are its parent's unless it is given its own.
 */
export function supervisorChild(
  spec: Omit<ChildSpec, "start">,
  options: Omit<SupervisorOptions, "path">,
): ChildSpec<Supervisor> {
  return {
    shutdown: Number.POSITIVE_INFINITY,
    ...spec,
    async start({ path, signal, clock, events }): Promise<Supervisor> {
      const supervisor = new Supervisor({ clock, events, ...options, path });
      signal.addEventListener("abort", () => void supervisor.stop());
      await supervisor.start();
      return supervisor;
    },
  };
}
