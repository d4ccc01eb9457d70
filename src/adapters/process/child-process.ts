import { type Clock, describe, InvalidInputError, SECOND, sleep, systemClock, toError } from "../../core/index.ts";
import type { ChildSpec, ExitReason, Service } from "../../supervision/index.ts";
import { OutputTail, readLines } from "./output-lines.ts";
import { type ExitStatus, ProcessExitError, ProcessNotReadyError, ProcessStartError } from "./process-errors.ts";

/** What becomes of an output stream: its lines to `onLine`, to the parent's own stream, or to nowhere. */
export type OutputPolicy = "lines" | "inherit" | "ignore";

export interface ChildProcessOptions {
  /** What to call it in errors and events, such as its path in the supervision tree. */
  readonly path: string;
  /** The program and its arguments; never a shell line. */
  readonly command: readonly string[];
  readonly cwd?: string;
  /** The whole environment. Default: the parent's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `lines`. */
  readonly stdout?: OutputPolicy;
  /** Default `lines`. */
  readonly stderr?: OutputPolicy;
  /** A line that it has written, without its line end. Called for streams with the policy `lines`. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** `spawned`: ready once the program runs. `told`: once somebody calls `markReady`, within `readyTimeoutMs`. Default `spawned`. */
  readonly ready?: "spawned" | "told";
  /** Default 10,000 ms. */
  readonly readyTimeoutMs?: number;
  /** What asks it to end. Default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals;
  readonly clock?: Clock;
}

/** How long `stop` waits, where its caller does not say, before it kills. */
const STOP_DEADLINE_MS: number = 5 * SECOND;
const READY_TIMEOUT_MS: number = 10 * SECOND;
/** How much of the output is kept for the error, in characters. */
const TAIL_CHARS = 16 * 1024;
/** How long to wait, after the process has ended, for the rest of its output: somebody else may hold the pipe open. */
const DRAIN_MS = 200;

/** Exit codes of a process that was asked to end and did: done, or 128 + the signal's number, as shells have it. */
const STOPPED_CODES: readonly unknown[] = [0, 128 + 2, 128 + 15];

/**
 * An OS process as a supervised service: new → starting → ready → stopping → ended; it may end at any point.
 *
 * - It leads a process group of its own, so that a terminal's Ctrl+C reaches the parent alone, which then ends it in order;
 *   whatever is left of the group when it ends is killed.
 * - Its stdin is a pipe that the parent holds open and never writes to: when the parent dies, however it dies, the pipe
 *   closes. A child that calls `endWithParent` ends then; another one has to watch its stdin itself.
 * - Nothing of this object survives the parent; a restarted parent starts new children.
 */
export class ChildProcess implements Service {
  /**
   * How it ended: `normal` with exit code 0, `shutdown` when it ended as it was asked to, `error` with a ProcessExitError
   * (`process_exited`), or with the error that `kill` was given.
   */
  readonly exited: Promise<ExitReason>;
  readonly #options: ChildProcessOptions;
  readonly #clock: Clock;
  readonly #tail = new OutputTail(TAIL_CHARS);
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ended: PromiseWithResolvers<ExitReason> = Promise.withResolvers();
  #started: Promise<void> | undefined;
  #process: Bun.Subprocess | undefined;
  #over = false;
  #stopAsked = false;
  #killed: { readonly error: Error | undefined; readonly why: string } | undefined;

  /** @throws InvalidInputError (`invalid_input`) without a program to run. */
  constructor(options: ChildProcessOptions) {
    if (!options.command[0]) throw new InvalidInputError("command", "a program and its arguments", options.command);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.exited = this.#ended.promise;
    this.#ready.promise.catch(() => undefined);
  }

  /** While it runs. */
  get pid(): number | undefined {
    return this.#over ? undefined : this.#process?.pid;
  }

  /** The last 16 KiB of its output, as far as it is read as lines. */
  get output(): string {
    return this.#tail.text;
  }

  /**
   * Runs the program and resolves when it is ready. Safe twice.
   * @throws ProcessStartError (`process_not_started`) when it cannot be run.
   * @throws ProcessNotReadyError (`process_not_ready`) when it ends before it is ready, or is not ready in time (it is killed then).
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** It says that it is ready (with `ready: "told"`): the parent has heard so on their link. */
  markReady(): void {
    this.#ready.resolve();
  }

  /** Asks it to end, and kills it when it has not ended within `deadlineMs` (default 5,000). Resolves when it has ended. Safe twice. */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<void> {
    if (!this.#process) {
      this.#started ??= Promise.reject(
        new ProcessNotReadyError(this.#options.path, "stopped before it was started", ""),
      );
      this.#started.catch(() => undefined);
      this.#end({ kind: "shutdown" });
      return;
    }
    if (!this.#stopAsked && !this.#over) {
      this.#stopAsked = true;
      this.#signal(this.#options.stopSignal ?? "SIGTERM");
    }
    const timer = this.#clock.after(deadlineMs, () =>
      this.#kill(undefined, `, having ignored its stop for ${deadlineMs} ms`),
    );
    await this.exited;
    timer.cancel();
  }

  /** Kills it and what it has started, at once. `error` becomes the reason of its end. */
  kill(error?: Error): void {
    this.#kill(error, "");
  }

  async #start(): Promise<void> {
    const { path, ready = "spawned", readyTimeoutMs = READY_TIMEOUT_MS } = this.#options;
    this.#process = this.#spawn();
    if (ready === "spawned") this.#ready.resolve();
    const timer = this.#clock.after(readyTimeoutMs, () => {
      this.#ready.reject(new ProcessNotReadyError(path, `it did not say so within ${readyTimeoutMs} ms`, this.output));
    });
    try {
      await this.#ready.promise;
    } catch (thrown) {
      this.kill(toError(thrown));
      await this.exited;
      throw thrown;
    } finally {
      timer.cancel();
    }
  }

  #spawn(): Bun.Subprocess {
    const { path, command, cwd, env, stdout = "lines", stderr = "lines" } = this.#options;
    try {
      const spawned = Bun.spawn([...command], {
        stdin: "pipe",
        stdout: stdout === "lines" ? "pipe" : stdout,
        stderr: stderr === "lines" ? "pipe" : stderr,
        detached: true,
        ...(cwd !== undefined && { cwd }),
        ...(env && { env: { ...env } }),
      });
      void this.#watch(spawned);
      return spawned;
    } catch (thrown) {
      const error = new ProcessStartError(path, command, toError(thrown));
      this.#end({ kind: "error", error });
      throw error;
    }
  }

  async #watch(process: Bun.Subprocess): Promise<void> {
    const reading = Promise.all([this.#read(process.stdout, "stdout"), this.#read(process.stderr, "stderr")]);
    await process.exited;
    this.#over = true;
    signalGroup(process.pid, "SIGKILL");
    await Promise.race([reading, sleep(this.#clock, DRAIN_MS)]);
    const status: ExitStatus = {
      exitCode: process.signalCode ? undefined : (process.exitCode ?? undefined),
      signal: nameOf(process),
    };
    this.#end(this.#reasonOf(process.pid, status));
  }

  async #read(output: Bun.Subprocess["stdout"], stream: "stdout" | "stderr"): Promise<void> {
    if (!(output instanceof ReadableStream)) return;
    await readLines(output, (line) => {
      this.#tail.add(line);
      this.#options.onLine?.(line, stream);
    });
  }

  #reasonOf(pid: number, status: ExitStatus): ExitReason {
    const { path, stopSignal = "SIGTERM" } = this.#options;
    const { error, why = "" } = this.#killed ?? {};
    if (error) return { kind: "error", error };
    if (this.#stopAsked && !this.#killed && (status.signal === stopSignal || STOPPED_CODES.includes(status.exitCode))) {
      return { kind: "shutdown" };
    }
    if (status.exitCode === 0) return { kind: "normal" };
    return { kind: "error", error: new ProcessExitError(path, pid, status, why, this.output) };
  }

  #end(reason: ExitReason): void {
    this.#over = true;
    const cause = reason.kind === "error" ? reason.error : undefined;
    const why = cause?.message.split("\n")[0] ?? `it ended (${describe(reason.kind)})`;
    this.#ready.reject(new ProcessNotReadyError(this.#options.path, why, this.output, cause));
    this.#ended.resolve(reason);
  }

  #kill(error: Error | undefined, why: string): void {
    if (!this.#process || this.#over) return;
    this.#killed ??= { error, why };
    signalGroup(this.#process.pid, "SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#over) this.#process?.kill(signal);
  }
}

/**
 * A process as a supervisor's child: spawned anew at each start, up when it is ready. `onSpawn` is given each process when it
 * has been spawned and is not ready yet: for whoever hears on the link that it is.
 */
export function processChild(
  spec: Omit<ChildSpec, "start">,
  options: Omit<ChildProcessOptions, "path">,
  onSpawn?: (process: ChildProcess) => void,
): ChildSpec<ChildProcess> {
  return {
    ...spec,
    async start({ path, signal, clock }): Promise<ChildProcess> {
      const process = new ChildProcess({ clock, ...options, path });
      signal.addEventListener("abort", () => {
        if (spec.shutdown === "kill") process.kill();
        else void process.stop(spec.shutdown);
      });
      const started = process.start();
      onSpawn?.(process);
      await started;
      return process;
    },
  };
}

function nameOf({ signalCode }: Bun.Subprocess): string | undefined {
  if (signalCode === null) return undefined;
  return typeof signalCode === "number" ? `signal ${signalCode}` : signalCode;
}

/**
 * Signals a process group; one that is gone already is as good. Called at once when the leader has ended: as long as a member
 * lives the kernel gives the number to nobody else, and an empty group's number is not taken again so soon.
 */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: nobody is left in it.
  }
}
