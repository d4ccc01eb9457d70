import { GodwitError } from "../core/index.ts";

/** A supervisor could not start: the named child's first start threw, or took too long. What had started was stopped again. */
export class ChildStartError extends GodwitError {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super("child_start_failed", `${path} did not start: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.path = path;
  }
}

/** A supervisor's children failed more often than it tolerates: it stopped them all and leaves the rest to its parent. */
export class EscalatedError extends GodwitError {
  readonly path: string;

  constructor(path: string, intensity: number, windowMs: number, cause: Error | undefined) {
    super("supervisor_escalated", `${path} gave up: more than ${intensity} restarts within ${windowMs} ms`, { cause });
    this.path = path;
  }
}

/** Why a request about a child was refused. */
export type ChildRefusal =
  | "already-started"
  | "already-present"
  | "not-found"
  | "running"
  | "restarting"
  | "dynamic"
  | "terminated"
  | "not-running";

const REFUSALS: Readonly<Record<ChildRefusal, string>> = {
  "already-started": "a child of that id is running",
  "already-present": "a child of that id is known, though not running: restart or delete it",
  "not-found": "there is no child of that id",
  running: "the child is running: terminate it first",
  restarting: "the child is being restarted: terminate it first",
  dynamic: "dynamic children are not kept once they have ended: start a new one",
  terminated: "the child was terminated before it was up",
  "not-running": "the supervisor is not running",
};

/** A request about a child does not fit the child's or the supervisor's state; nothing was changed. */
export class ChildRefusedError extends GodwitError {
  readonly refusal: ChildRefusal;

  constructor(path: string, refusal: ChildRefusal) {
    super("child_refused", `${path}: ${REFUSALS[refusal]}`);
    this.refusal = refusal;
  }
}

/** The name and key are taken by a service that is still running. */
export class AlreadyRegisteredError extends GodwitError {
  constructor(name: string, key: string) {
    super("already_registered", `${name}${key === "" ? "" : ` "${key}"`} is registered already`);
  }
}
