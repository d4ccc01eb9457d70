/**
 * Who is who among the worker processes: joins what a process's link says (by member id) with the process itself, guards it, and tells
 * people and watchers how each slot is doing.
 *
 * States of a slot: starting → up → (restarting → up)* ; what is shown, not what decides: the supervisor does that.
 */

import { readFlightRecorder } from "../adapters/bun/index.ts";
import { BlockGuard, type ChildProcess } from "../adapters/process/index.ts";
import { type Clock, ConfigError, type Events } from "../core/index.ts";
import { messageId } from "../store/index.ts";
import { AppLoadError } from "./app-load-error.ts";
import type { Heartbeat, LoadFailure } from "./link-protocol.ts";

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
  readonly slot: string;
  readonly process: ChildProcess;
  readonly guard: BlockGuard;
}

export class WorkerRoster {
  readonly #options: WorkerRosterOptions;
  readonly #members = new Map<string, Known>();
  readonly #states = new Map<string, WorkerState>();

  constructor(options: WorkerRosterOptions) {
    this.#options = options;
  }

  get states(): readonly WorkerState[] {
    return [...this.#states.values()];
  }

  /** A process was spawned for the slot; it is not ready yet. */
  spawned(slot: string, memberId: string, flight: string, process: ChildProcess): void {
    const { clock, events, blockedLimitMs } = this.#options;
    const running = () => readFlightRecorder(flight).map(messageId);
    const guard = new BlockGuard({
      path: `node/workers/${slot}`,
      process,
      events,
      limitMs: blockedLimitMs,
      running,
      clock,
    });
    this.#members.set(memberId, { slot, process, guard });
    const restarts = this.#states.get(slot)?.restarts ?? -1;
    this.#show({
      worker: slot,
      state: restarts < 0 ? "starting" : "restarting",
      pid: process.pid ?? null,
      restarts: restarts + 1,
    });
    void process.exited.then((reason) => {
      guard.stop();
      this.#members.delete(memberId);
      this.#ended(slot, reason.kind === "error" ? firstLine(reason.error.message) : reason.kind);
    });
  }

  /** The worker has loaded its app and takes work. */
  ready(memberId: string): void {
    const known = this.#members.get(memberId);
    if (!known) return;
    known.guard.start();
    known.process.markReady();
    const restarts = this.#states.get(known.slot)?.restarts ?? 0;
    this.#show({ worker: known.slot, state: "up", pid: known.process.pid ?? null, restarts });
  }

  /** The worker cannot work, and says why; it ends by itself, but that reason is better than its exit code. */
  loadFailed(memberId: string, failure: LoadFailure): void {
    const error = failure.code === undefined ? new AppLoadError(failure) : new ConfigError(failure.message);
    this.#members.get(memberId)?.process.kill(error);
  }

  heartbeat(memberId: string, _heartbeat: Heartbeat): void {
    this.#members.get(memberId)?.guard.beat();
  }

  #ended(slot: string, reason: string): void {
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
