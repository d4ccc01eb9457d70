import { describe, InvalidInputError, SECOND } from "../core/index.ts";
import { DEFAULT_BACKOFF, type RestartBackoff } from "./restart-policy.ts";
import type { Service, StartContext } from "./service.ts";

/**
 * When a child that ended is started again. `permanent`: always. `transient`: only after an error. `temporary`: never; it is
 * forgotten when it ends.
 */
export type Restart = "permanent" | "transient" | "temporary";

/** How a child is started, kept up and ended. Start and stop of one child never overlap: there is at most one instance. */
export interface ChildSpec<S extends Service = Service> {
  /** Unique among its siblings; a part of the child's path. */
  readonly id: string;
  /** Starts an instance and resolves when it is up. `undefined` means that there is nothing to run (OTP's `ignore`). */
  start(context: StartContext): Promise<S | undefined> | S | undefined;
  /** Default `permanent`. */
  readonly restart?: Restart;
  /**
   * How long `stop` may take, in ms, before the instance is killed (if it has `kill`) or abandoned; `Infinity` waits for ever;
   * `"kill"` does not ask. Default 5,000.
   */
  readonly shutdown?: number | "kill";
  /** How long `start` may take, in ms. Default `Infinity`: an async start that can hang should set it. */
  readonly startTimeoutMs?: number;
  readonly backoff?: Partial<RestartBackoff>;
  /** Its end, unless it is restarted, ends the supervisor by the supervisor's `autoShutdown`. Default false. */
  readonly significant?: boolean;
}

/** The part of a child's specification that decisions are made from. */
export interface ChildRules {
  readonly id: string;
  readonly restart: Restart;
  readonly backoff: RestartBackoff;
  readonly significant: boolean;
}

/** A child's specification, checked and complete. */
export interface CompiledChild extends ChildRules {
  readonly start: ChildSpec["start"];
  readonly shutdown: number | "kill";
  readonly startTimeoutMs: number;
}

const RESTARTS: readonly unknown[] = ["permanent", "transient", "temporary"];

/** @throws InvalidInputError (`invalid_input`) naming the key that is wrong. */
export function compileChild(spec: ChildSpec): CompiledChild {
  if (typeof spec !== "object" || spec === null) throw new InvalidInputError("child", "a child specification", spec);
  if (typeof spec.id !== "string" || spec.id === "" || spec.id.includes("/")) {
    throw new InvalidInputError("child.id", 'a text without "/"', spec.id);
  }
  const path = `child ${describe(spec.id)}`;
  const { restart = "permanent", shutdown = 5 * SECOND, startTimeoutMs = Number.POSITIVE_INFINITY } = spec;
  if (typeof spec.start !== "function") throw new InvalidInputError(`${path}.start`, "a function", spec.start);
  if (!RESTARTS.includes(restart)) {
    throw new InvalidInputError(`${path}.restart`, '"permanent", "transient" or "temporary"', restart);
  }
  if (shutdown !== "kill") requireMs(`${path}.shutdown`, shutdown, 0, ' or "kill"');
  requireMs(`${path}.startTimeoutMs`, startTimeoutMs, 1);
  const significant = spec.significant ?? false;
  if (significant && restart === "permanent") {
    throw new InvalidInputError(`${path}.significant`, "a transient or temporary child", restart);
  }
  const start: ChildSpec["start"] = (context) => spec.start(context);
  return {
    id: spec.id,
    start,
    restart,
    shutdown,
    startTimeoutMs,
    significant,
    backoff: compileBackoff(path, spec.backoff),
  };
}

/** @throws InvalidInputError (`invalid_input`) on a wrong specification, and on an id that comes twice. */
export function compileChildren(specs: readonly ChildSpec[]): readonly CompiledChild[] {
  const seen = new Set<string>();
  return specs.map((spec) => {
    const child = compileChild(spec);
    if (seen.has(child.id)) throw new InvalidInputError("children", "ids that differ", child.id);
    seen.add(child.id);
    return child;
  });
}

function compileBackoff(path: string, backoff: Partial<RestartBackoff> | undefined): RestartBackoff {
  const compiled = { ...DEFAULT_BACKOFF, ...backoff };
  requireMs(`${path}.backoff.atOnce`, compiled.atOnce, 0);
  requireMs(`${path}.backoff.baseMs`, compiled.baseMs, 0);
  requireMs(`${path}.backoff.capMs`, compiled.capMs, 0);
  requireMs(`${path}.backoff.resetAfterMs`, compiled.resetAfterMs, 0);
  return compiled;
}

function requireMs(path: string, value: number, least: number, alternative = ""): void {
  if (typeof value === "number" && value >= least) return;
  throw new InvalidInputError(path, `a number of at least ${least}${alternative}`, value);
}
