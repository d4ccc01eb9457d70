/**
 * Who is who among the worker processes: joins what a process's link says (by member id) with the process itself, guards it, and tells
 * people and watchers how each slot is doing.
 *
 * States of a slot: starting → up → (restarting → up)* ; what is shown, not what decides: the supervisor does that.
 */

import { readFlightRecorder } from "../../adapters/bun/index.ts";
import { BlockGuard, type ChildProcess } from "../../adapters/process/index.ts";
import { type Clock, ConfigError, type Events } from "../../core/index.ts";
import { messageId } from "../../store/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import type { Heartbeat, LoadFailure } from "../link-protocol.ts";
import type { Incarnation } from "./release.ts";

export interface WorkerState {
  readonly worker: string;
  readonly state: "starting" | "up" | "restarting" | "down";
  readonly pid: number | null;
  readonly restarts: number;
  readonly reason?: string;
}

export interface WorkerRosterOptions {
  readonly clock: Clock;
  readonly events: Events;
  /** Silence of a worker's event loop after which it is killed, ms. */
  readonly blockedLimitMs: number;
  readonly onState: (state: WorkerState) => void;
}

interface Known {
  readonly incarnation: Incarnation;
  readonly flight: string;
  readonly process: ChildProcess;
  readonly guard: BlockGuard;
}

export class WorkerRoster {
  readonly #options: WorkerRosterOptions;
  readonly #members = new Map<string, Known>();
  readonly #states = new Map<string, WorkerState>();
  /** The incarnation that each slot's state is about. */
  readonly #shown = new Map<string, Incarnation>();

  constructor(options: WorkerRosterOptions) {
    this.#options = options;
  }

  get states(): readonly WorkerState[] {
    return [...this.#states.values()];
  }

  /** A process was spawned; it is not ready yet. */
  spawned(incarnation: Incarnation, flight: string, process: ChildProcess): void {
    const { memberId, slot, serving } = incarnation;
    const guard = this.#guard(incarnation, flight, process);
    this.#members.set(memberId, { incarnation, flight, process, guard });
    if (serving) {
      const restarts = this.#states.get(slot)?.restarts ?? -1;
      this.#shown.set(slot, incarnation);
      const state = restarts < 0 ? "starting" : "restarting";
      this.#show({ worker: slot, state, pid: process.pid ?? null, restarts: restarts + 1 });
    }
    void process.exited.then((reason) => {
      guard.stop();
      this.#members.delete(memberId);
      this.#ended(incarnation, reason.kind === "error" ? firstLine(reason.error.message) : reason.kind);
    });
  }

  /** The worker has loaded its app. */
  ready(memberId: string): void {
    const known = this.#members.get(memberId);
    if (!known) return;
    known.guard.start();
    known.process.markReady();
    if (known.incarnation.serving) this.#showUp(known);
  }

  /** A worker that was ready serves in its slot from now on. */
  serving({ memberId, slot }: Incarnation): void {
    const known = this.#members.get(memberId);
    if (!known) return;
    this.#shown.set(slot, known.incarnation);
    this.#showUp(known);
  }

  /** The slot is no more: its worker was one of a canary. */
  retired(slot: string): void {
    this.#states.delete(slot);
    this.#shown.delete(slot);
  }

  /** The process of a member; undefined when it has ended. */
  process(memberId: string): ChildProcess | undefined {
    return this.#members.get(memberId)?.process;
  }

  /** What the workers are running, as a person would say it. */
  get running(): readonly string[] {
    return [...this.#members.values()].flatMap(({ incarnation: { slot }, flight }) => {
      const messages = readFlightRecorder(flight).map(messageId);
      return messages.length === 0 ? [] : [`${messages.join(", ")} in ${slot}`];
    });
  }

  /** The worker cannot work, and says why; it ends by itself, but that reason is better than its exit code. */
  loadFailed(memberId: string, failure: LoadFailure): void {
    const error = failure.code === undefined ? new AppLoadError(failure) : new ConfigError(failure.message);
    this.#members.get(memberId)?.process.kill(error);
  }

  heartbeat(memberId: string, _heartbeat: Heartbeat): void {
    this.#members.get(memberId)?.guard.beat();
  }

  #guard({ id }: Incarnation, flight: string, process: ChildProcess): BlockGuard {
    const { clock, events, blockedLimitMs } = this.#options;
    const running = () => readFlightRecorder(flight).map(messageId);
    return new BlockGuard({ path: `node/workers/${id}`, process, events, limitMs: blockedLimitMs, running, clock });
  }

  #showUp({ incarnation: { slot }, process }: Known): void {
    const restarts = this.#states.get(slot)?.restarts ?? 0;
    this.#show({ worker: slot, state: "up", pid: process.pid ?? null, restarts });
  }

  #ended(incarnation: Incarnation, reason: string): void {
    const { slot } = incarnation;
    if (this.#shown.get(slot) !== incarnation) return; // Another one has taken its place.
    const restarts = this.#states.get(slot)?.restarts ?? 0;
    this.#show({ worker: slot, state: "down", pid: null, restarts, reason });
  }

  #show(state: WorkerState): void {
    this.#states.set(state.worker, state);
    this.#options.onState(state);
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] as string;
}
