import { type Clock, type Events, InvalidInputError, SECOND } from "../core/index.ts";
import { type ChildSpec, type CompiledChild, compileChildren } from "./child-spec.ts";
import type { AutoShutdown, PlanRules, Strategy } from "./plan.ts";

export interface SupervisorOptions {
  /** Its place in the tree; the first part of its children's paths. */
  readonly path: string;
  /** Default `one-for-one`. */
  readonly strategy?: Strategy;
  /** In start order. None with `dynamic`. */
  readonly children?: readonly ChildSpec[];
  /**
   * Restarts tolerated within `windowMs`; one more ends the supervisor with an error, for its parent to deal with. Default 3;
   * `Infinity` never gives up (rely on the children's backoff then).
   */
  readonly intensity?: number;
  /** Default 5,000 ms. */
  readonly windowMs?: number;
  /** Default `never`. Not with `dynamic`. */
  readonly autoShutdown?: AutoShutdown;
  /** Bound on the children, those not running included. Default 10,000. */
  readonly maxChildren?: number;
  readonly events?: Events;
  readonly clock?: Clock;
  /** Chance for the backoff's jitter, [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

export interface CompiledSupervisor {
  readonly rules: PlanRules;
  readonly children: readonly CompiledChild[];
  readonly maxChildren: number;
}

const STRATEGIES: readonly unknown[] = ["one-for-one", "one-for-all", "rest-for-one", "dynamic"];
const AUTO_SHUTDOWNS: readonly unknown[] = ["never", "any-significant", "all-significant"];

/** @throws InvalidInputError (`invalid_input`) naming what is wrong. */
export function compileSupervisor(options: SupervisorOptions): CompiledSupervisor {
  const { path, strategy = "one-for-one", intensity = 3, windowMs = 5 * SECOND, autoShutdown = "never" } = options;
  if (typeof path !== "string" || path === "") throw new InvalidInputError("path", "a text", path);
  if (!STRATEGIES.includes(strategy)) throw new InvalidInputError("strategy", STRATEGIES.join(", "), strategy);
  if (!(isCount(intensity) || intensity === Number.POSITIVE_INFINITY)) {
    throw new InvalidInputError("intensity", "a whole number of at least 0, or Infinity", intensity);
  }
  if (!(windowMs > 0 && Number.isFinite(windowMs)))
    throw new InvalidInputError("windowMs", "milliseconds above 0", windowMs);
  if (!AUTO_SHUTDOWNS.includes(autoShutdown)) {
    throw new InvalidInputError("autoShutdown", AUTO_SHUTDOWNS.join(", "), autoShutdown);
  }
  const rules = { path, strategy, intensity, windowMs, autoShutdown };
  return { rules, children: compileMembers(rules, options.children ?? []), maxChildren: options.maxChildren ?? 10_000 };
}

/** A child that this supervisor's rules do not allow. @throws InvalidInputError (`invalid_input`). */
export function requireFit(rules: PlanRules, child: CompiledChild): void {
  if (child.significant && rules.autoShutdown === "never") {
    throw new InvalidInputError(
      `child "${child.id}".significant`,
      "false, as the supervisor's autoShutdown is never",
      true,
    );
  }
}

function compileMembers(rules: PlanRules, specs: readonly ChildSpec[]): readonly CompiledChild[] {
  if (rules.strategy === "dynamic" && rules.autoShutdown !== "never") {
    throw new InvalidInputError("autoShutdown", '"never" with the dynamic strategy', rules.autoShutdown);
  }
  if (rules.strategy === "dynamic" && specs.length > 0) {
    throw new InvalidInputError("children", "none with the dynamic strategy (use startChild)", specs.length);
  }
  const children = compileChildren(specs);
  for (const child of children) requireFit(rules, child);
  return children;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
