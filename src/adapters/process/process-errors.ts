import { GodwitError } from "../../core/index.ts";

/** How an OS process ended, as the kernel tells it: one of the two is there. */
export interface ExitStatus {
  readonly exitCode: number | undefined;
  /** The signal's name, such as `SIGKILL`. */
  readonly signal: string | undefined;
}

/** `exit code 3`, or `SIGKILL`. */
export function describeExit({ exitCode, signal }: ExitStatus): string {
  return signal ?? `exit code ${exitCode ?? "unknown"}`;
}

/** The operating system would not start the command: not found, no permission, no such folder. */
export class ProcessStartError extends GodwitError {
  constructor(path: string, command: readonly string[], cause: Error) {
    super("process_not_started", `${path}: cannot run ${command.join(" ")}: ${cause.message}`, { cause });
  }
}

/** The process ended, or its time passed, before it was ready. */
export class ProcessNotReadyError extends GodwitError {
  /** The last lines of its output. */
  readonly output: string;

  constructor(path: string, why: string, output: string, cause?: unknown) {
    super("process_not_ready", withOutput(`${path} was not ready: ${why}`, output), { cause });
    this.output = output;
  }
}

/** The process ended by itself, other than with exit code 0, or had to be killed. */
export class ProcessExitError extends GodwitError implements ExitStatus {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The last lines of its output. */
  readonly output: string;

  constructor(path: string, pid: number, status: ExitStatus, why: string, output: string) {
    super("process_exited", withOutput(`${path} (pid ${pid}) ended: ${describeExit(status)}${why}`, output));
    this.exitCode = status.exitCode;
    this.signal = status.signal;
    this.output = output;
  }
}

/** The process was killed because it gave no sign of life: its event loop was blocked. */
export class ProcessBlockedError extends GodwitError {
  readonly running: readonly string[];

  constructor(path: string, pid: number, silentMs: number, running: readonly string[]) {
    const what = running.length === 0 ? "" : ` while running ${running.join(", ")}`;
    super("process_blocked", `${path} (pid ${pid}) was blocked for ${Math.round(silentMs)} ms${what}`);
    this.running = running;
  }
}

/** Lines quoted in a message: enough to see the cause; the whole tail is in `output`. */
const QUOTED_LINES = 8;

function withOutput(message: string, output: string): string {
  const lines = output.trimEnd().split("\n").slice(-QUOTED_LINES).join("\n");
  return lines === "" ? message : `${message}\n${lines}`;
}
