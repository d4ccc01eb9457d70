import type { ChildRules } from "./child-spec.ts";
import type { ChildRefusal } from "./errors.ts";
import type { ExitReason } from "./service.ts";

/**
 * What a supervisor decides from, as data.
 *
 * A plan: idle → starting → running → stopping → stopped. One life; nothing goes back.
 * A child: down → starting → up → stopping → down, and waiting (for its backoff) on the way back up.
 *
 * Invariants (plan.property.test.ts):
 * - a child that is `starting`, `up` or `stopping` has exactly one instance, the one numbered `instance`; another is
 *   started only from `down`, so there are never two at once;
 * - `wanted` says where the child shall end up, `bounced` that it has to go down on the way;
 * - in order: an ordered start begins with the first, an ordered stop with the last;
 * - once the plan is stopping, nothing is wanted, so nothing is started.
 *
 * Nothing survives a crash of the process, and nothing needs to: starting is recovering.
 */
export type PlanPhase = "idle" | "starting" | "running" | "stopping" | "stopped";
export type ChildPhase = "down" | "starting" | "up" | "stopping" | "waiting";

/**
 * Whom a restart takes along. `one-for-one`: nobody. `one-for-all`: all the others. `rest-for-one`: those started after it.
 * `dynamic`: nobody; children come and go at run time, start and stop side by side, and are forgotten when they end.
 */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one" | "dynamic";

/** Whether the end of significant children ends their supervisor: the first of them, the last of them, or never. */
export type AutoShutdown = "never" | "any-significant" | "all-significant";

export interface PlanRules {
  readonly path: string;
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly windowMs: number;
  readonly autoShutdown: AutoShutdown;
}

export interface ChildState {
  readonly rules: ChildRules;
  phase: ChildPhase;
  /** Wall time of the last change of phase, ms. */
  sinceMs: number;
  /** Number of the latest instance; 0 before the first. */
  instance: number;
  wanted: boolean;
  bounced: boolean;
  /** Who asked for the start, and so what a failed start means: roll back, refuse, leave down, or try again. */
  origin: "initial" | "added" | "by-hand" | "automatic";
  /** It has been up, or said that there is nothing to run. */
  settledOnce: boolean;
  restarts: number;
  /** Restarts in a row, for the backoff. */
  streak: number;
  /** Monotonic time at which it came up last. */
  upAtMs: number;
  lastError: Error | undefined;
}

export interface Plan {
  readonly rules: PlanRules;
  phase: PlanPhase;
  /** In start order. */
  readonly children: Map<string, ChildState>;
  /** Monotonic times of the restarts that still count, at most `intensity`. */
  restartsMs: readonly number[];
  /** How it will end, or has ended. */
  exit: ExitReason;
}

/** The moment of an event, and its share of chance. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** [0, 1). */
  readonly random: number;
}

/** What happened to a supervisor. Events about an instance carry its number. */
export type PlanEvent =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "up" | "ignored"; readonly id: string }
  | { readonly kind: "start-failed"; readonly id: string; readonly error: Error }
  | { readonly kind: "exited"; readonly id: string; readonly reason: ExitReason }
  | { readonly kind: "stopped"; readonly id: string; readonly reason: ExitReason }
  | { readonly kind: "waited"; readonly id: string }
  | { readonly kind: "add"; readonly child: ChildRules }
  | { readonly kind: "restart" | "terminate" | "delete"; readonly id: string };

/** The error of its start, nothing to run, or ended: by itself or because somebody wanted it to. */
export type DownReason = Error | "ignored" | "ended";

/** What is to be done about it, in this order. */
export type Effect =
  | { readonly kind: "start"; readonly id: string; readonly instance: number; readonly restarts: number }
  | { readonly kind: "stop"; readonly id: string }
  | { readonly kind: "wait"; readonly id: string; readonly delayMs: number }
  | { readonly kind: "cancel-wait"; readonly id: string }
  | { readonly kind: "arrived-up"; readonly id: string }
  /** The child is down and stays down, until somebody asks for it. */
  | { readonly kind: "arrived-down"; readonly id: string; readonly why: DownReason }
  | { readonly kind: "forget"; readonly id: string }
  | { readonly kind: "report-up"; readonly id: string }
  | { readonly kind: "report-exit"; readonly id: string; readonly reason: ExitReason }
  | { readonly kind: "report-start-failure"; readonly id: string; readonly error: Error }
  | { readonly kind: "report-restart"; readonly id: string; readonly delayMs: number; readonly restarts: number }
  | { readonly kind: "report-escalation"; readonly restarts: number }
  | { readonly kind: "ready" }
  | { readonly kind: "ended" };

/** One decision in the making. */
export interface Turn {
  readonly plan: Plan;
  readonly now: Now;
  readonly effects: Effect[];
}

export function createPlan(rules: PlanRules, children: readonly ChildRules[], wallMs: number): Plan {
  const states = children.map((child): [string, ChildState] => [child.id, createChild(child, "initial", wallMs)]);
  return { rules, phase: "idle", children: new Map(states), restartsMs: [], exit: { kind: "shutdown" } };
}

export function createChild(rules: ChildRules, origin: ChildState["origin"], wallMs: number): ChildState {
  return {
    rules,
    phase: "down",
    sinceMs: wallMs,
    instance: 0,
    wanted: false,
    bounced: false,
    origin,
    settledOnce: false,
    restarts: 0,
    streak: 0,
    upAtMs: 0,
    lastError: undefined,
  };
}

/** Why a request would be refused in this state; `undefined` when it would be carried out. */
export function refusalOf(plan: Plan, event: PlanEvent): ChildRefusal | undefined {
  switch (event.kind) {
    case "add": {
      if (plan.phase !== "running") return "not-running";
      const present = plan.children.get(event.child.id);
      if (!present) return undefined;
      return present.phase === "up" || present.phase === "starting" ? "already-started" : "already-present";
    }
    case "restart":
    case "delete":
      if (plan.rules.strategy === "dynamic") return "dynamic";
      return event.kind === "restart" && plan.phase !== "running" ? "not-running" : busyOf(plan, event.id);
    case "terminate":
      return plan.children.has(event.id) ? undefined : "not-found";
    default:
      return undefined;
  }
}

function busyOf(plan: Plan, id: string): ChildRefusal | undefined {
  const child = plan.children.get(id);
  if (!child) return "not-found";
  if (child.phase === "down" && !child.wanted) return undefined;
  return child.phase === "up" || !child.wanted ? "running" : "restarting";
}
