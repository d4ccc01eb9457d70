import { type Clock, DeadlineError, type Events, SECOND, type Timer, toError } from "../core/index.ts";
import type { CompiledChild } from "./child-spec.ts";
import type { ExitReason, Service } from "./service.ts";

/** How long a killed instance may take to be gone, in ms; an OS process in an uninterruptible wait may not go at all. */
const KILL_WAIT_MS: number = SECOND;

/** What an instance tells its supervisor: `up` at most once, then exactly one of the others. */
export type InstanceEvent =
  | { readonly kind: "up" | "ignored" }
  | { readonly kind: "start-failed"; readonly error: Error }
  | { readonly kind: "exited" | "stopped"; readonly reason: ExitReason };

export interface InstanceDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly path: string;
  readonly restarts: number;
  readonly tell: (event: InstanceEvent) => void;
}

/**
 * One life of a child: starting → up → ending → ended, or ended from any of them.
 *
 * Ends exactly once, and tells so exactly once, when the service has really ended or has been abandoned after its time. A
 * start that was given up and still brings a service later has that service ended at once, so that no second one runs beside
 * its successor for longer than it must.
 */
export class Instance {
  readonly #child: CompiledChild;
  readonly #deps: InstanceDeps;
  readonly #abort = new AbortController();
  #phase: "starting" | "up" | "ending" | "ended" = "starting";
  #starting: Promise<Service | undefined> = Promise.resolve(undefined);
  #service: Service | undefined;
  #startTimer: Timer | undefined;

  constructor(child: CompiledChild, deps: InstanceDeps) {
    this.#child = child;
    this.#deps = deps;
  }

  /** The service while it is up. */
  get service(): Service | undefined {
    return this.#service;
  }

  start(): void {
    const { path, restarts, clock, events } = this.#deps;
    const { startTimeoutMs } = this.#child;
    this.#starting = new Promise((resolve) =>
      resolve(this.#child.start({ signal: this.#abort.signal, path, restarts, clock, events })),
    );
    this.#starting.then(
      (service) => this.#started(service),
      (thrown) => this.#startFailed(toError(thrown)),
    );
    if (startTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#startTimer = clock.after(startTimeoutMs, () => {
      void this.#giveUpStart(new DeadlineError(`${path}: start`, startTimeoutMs), (error) => ({
        kind: "start-failed",
        error,
      }));
    });
  }

  /** Ends it, whatever it is doing. */
  stop(): void {
    if (this.#phase === "starting") {
      void this.#giveUpStart(new Error("stopped while starting"), () => ({
        kind: "stopped",
        reason: { kind: "shutdown" },
      }));
    }
    if (this.#phase === "up") void this.#stopService();
  }

  #started(service: Service | undefined): void {
    if (this.#phase !== "starting") return;
    this.#startTimer?.cancel();
    if (!service) {
      this.#end({ kind: "ignored" });
      return;
    }
    this.#phase = "up";
    this.#service = service;
    this.#deps.tell({ kind: "up" });
    if (!service.exited) return;
    void reasonOf(service.exited).then((reason) => {
      if (this.#phase === "up") this.#end({ kind: "exited", reason });
    });
  }

  #startFailed(error: Error): void {
    if (this.#phase === "starting") this.#end({ kind: "start-failed", error });
  }

  /** Aborts the start, waits for it as long as a stop may take, and ends whatever it has brought. */
  async #giveUpStart(cause: Error, ending: (cause: Error) => InstanceEvent): Promise<void> {
    this.#phase = "ending";
    this.#startTimer?.cancel();
    this.#abort.abort(cause);
    const limitMs = this.#child.shutdown === "kill" ? KILL_WAIT_MS : this.#child.shutdown;
    const late = this.#starting.catch(() => undefined);
    if (await this.#within(limitMs, late)) {
      const service = await late;
      if (service) await this.#finish(service);
    } else {
      this.#abandon("start", limitMs);
      void late.then((service) => service && this.#finish(service));
    }
    this.#end(ending(cause));
  }

  async #stopService(): Promise<void> {
    this.#phase = "ending";
    const reason = this.#service ? await this.#finish(this.#service) : undefined;
    this.#end({ kind: "stopped", reason: reason ?? { kind: "shutdown" } });
  }

  /** Asks the service to end, cuts it off when it does not, and says how it ended. */
  async #finish(service: Service): Promise<ExitReason> {
    const { shutdown } = this.#child;
    if (shutdown === "kill") return this.#cut(service, 0);
    const ended = endOf(service, shutdown);
    return (await this.#within(shutdown, ended)) ? ended : this.#cut(service, shutdown);
  }

  /** Kills what can be killed; abandons what cannot, or does not go. */
  async #cut(service: Service, afterMs: number): Promise<ExitReason> {
    const late: ExitReason = { kind: "error", error: new DeadlineError(`${this.#deps.path}: stop`, afterMs) };
    if (kill(service)) {
      const gone = service.exited ? reasonOf(service.exited) : Promise.resolve(late);
      if (await this.#within(KILL_WAIT_MS, gone)) return gone;
    } else if (afterMs === 0) {
      void endOf(service, 0);
      return { kind: "shutdown" };
    }
    this.#abandon("stop", afterMs);
    return late;
  }

  /** It did not end in its time: nothing waits for it any more, and what it still does is out of control. */
  #abandon(during: "start" | "stop", afterMs: number): void {
    this.#deps.events.emit("service.abandoned", { path: this.#deps.path, during, afterMs });
  }

  #end(event: InstanceEvent): void {
    this.#phase = "ended";
    this.#startTimer?.cancel();
    this.#service = undefined;
    this.#deps.tell(event);
  }

  /** Has `work` settled within `limitMs`? */
  #within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer =
        limitMs === Number.POSITIVE_INFINITY ? undefined : this.#deps.clock.after(limitMs, () => resolve(false));
      const settled = (): void => {
        timer?.cancel();
        resolve(true);
      };
      work.then(settled, settled);
    });
  }
}

/** Asks a service to end; resolves with how it ended, once `stop` and `exited` both say so. */
async function endOf(service: Service, deadlineMs: number): Promise<ExitReason> {
  try {
    await service.stop(deadlineMs === Number.POSITIVE_INFINITY ? undefined : deadlineMs);
  } catch (thrown) {
    return { kind: "error", error: toError(thrown) };
  }
  return service.exited === undefined ? { kind: "shutdown" } : reasonOf(service.exited);
}

async function reasonOf(exited: Promise<ExitReason>): Promise<ExitReason> {
  try {
    return await exited;
  } catch (thrown) {
    return { kind: "error", error: toError(thrown) };
  }
}

/** False where there is nothing to kill with, or it failed. */
function kill(service: Service): boolean {
  try {
    service.kill?.();
    return service.kill !== undefined;
  } catch {
    return false;
  }
}
