import { type Clock, type Events, toError } from "../core/index.ts";

/** How a service ended. `normal`: its work is done. `shutdown`: somebody asked it to end. `error`: it failed. */
export type ExitReason =
  | { readonly kind: "normal" }
  | { readonly kind: "shutdown" }
  | { readonly kind: "error"; readonly error: Error };

/**
 * Anything that runs until it is stopped, or until it ends by itself. An object with nothing but `stop` is a service that
 * never ends by itself.
 */
export interface Service {
  /**
   * Ends it, and resolves when it has ended. Safe twice. `deadlineMs`: how long the caller will wait, so that a service which
   * has to cut something short can do it in time; absent when the caller waits for as long as it takes.
   */
  stop(deadlineMs?: number | undefined): Promise<void> | void;
  /** Resolves once, when it has ended, also after `stop`. A rejection counts as `error`. */
  readonly exited?: Promise<ExitReason>;
  /** Ends it at once, without asking. A service that has none and ignores `stop` can only be abandoned. */
  kill?(): void;
  /** Of a service that is an OS process. */
  readonly pid?: number | undefined;
  /** Of a service that is a supervisor: what it supervises. */
  tree?(): ServiceTree;
}

/** What a child is doing. `starting`: or waiting for its turn to. `restarting`: it is down and will be started again. */
export type ServiceState = "starting" | "running" | "stopping" | "stopped" | "restarting";

/** A supervision tree as it is now: plain data, ready for JSON. */
export interface ServiceTree {
  readonly id: string;
  /** The ids from the root down, joined by `/`. */
  readonly path: string;
  readonly kind: "service" | "supervisor";
  readonly state: ServiceState;
  /** Automatic restarts so far. */
  readonly restarts: number;
  /** Wall time, ms, since when it has been in `state`. */
  readonly sinceMs: number;
  readonly lastError?: { readonly name: string; readonly message: string };
  readonly pid?: number;
  /** Of a supervisor, in start order. */
  readonly children?: readonly ServiceTree[];
}

/** What a child's `start` receives. */
export interface StartContext {
  /** Aborted when the child is to end before it is up, or when its start takes too long. */
  readonly signal: AbortSignal;
  readonly path: string;
  /** How often it has been restarted: 0 at the first start. */
  readonly restarts: number;
  /** The supervisor's own, for the child to share. */
  readonly clock: Clock;
  readonly events: Events;
}

/** A service out of an async function that runs until its signal is aborted: returning is `normal` (`shutdown` once aborted), throwing is `error`. */
export function taskService(
  run: (signal: AbortSignal) => Promise<void>,
): Service & { readonly exited: Promise<ExitReason> } {
  const abort = new AbortController();
  const exited = endOf(run, abort.signal);
  return {
    exited,
    async stop(): Promise<void> {
      abort.abort();
      await exited;
    },
  };
}

async function endOf(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<ExitReason> {
  try {
    await run(signal);
    return { kind: signal.aborted ? "shutdown" : "normal" };
  } catch (thrown) {
    return { kind: "error", error: toError(thrown) };
  }
}
