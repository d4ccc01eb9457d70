import { ChildStartError, EscalatedError } from "./errors.ts";
import { type ChildState, createChild, type Effect, type Now, type Plan, type PlanEvent, type Turn } from "./plan.ts";
import { admitRestart, restartDelayMs } from "./restart-policy.ts";
import type { ExitReason } from "./service.ts";
import { enter, forget, putDown, settle } from "./settle.ts";

/**
 * One decision: what an event does to the plan, and what is to be done about it. Deterministic; no clock, no I/O, nothing
 * awaited. The plan is changed in place, since a dynamic supervisor may hold ten thousand children and a copy for each
 * event would make stopping them quadratic. A request (`add`, `restart`, `terminate`, `delete`) must have passed `refusalOf`.
 */
export function decide(plan: Plan, event: PlanEvent, now: Now): Effect[] {
  const turn: Turn = { plan, now, effects: [] };
  switch (event.kind) {
    case "start":
      start(turn);
      break;
    case "stop":
      stop(turn);
      break;
    case "add":
      add(turn, event);
      break;
    default: {
      const child = plan.children.get(event.id);
      if (child) onChild(turn, child, event);
    }
  }
  return turn.effects;
}

type ChildEvent = Extract<PlanEvent, { readonly id: string }>;

function onChild(turn: Turn, child: ChildState, event: ChildEvent): void {
  switch (event.kind) {
    case "up":
      up(turn, child);
      break;
    case "ignored":
      ignored(turn, child);
      break;
    case "start-failed":
      startFailed(turn, child, event.error);
      break;
    case "exited":
      exited(turn, child, event.reason);
      break;
    case "stopped":
      report(turn, child, event.reason);
      putDown(turn, child);
      break;
    case "waited":
      enter(turn, child, "down");
      break;
    case "restart":
      child.wanted = true;
      child.origin = "by-hand";
      child.streak = 0;
      break;
    case "terminate":
      terminate(turn, child);
      break;
    case "delete":
      forget(turn, child);
      break;
  }
  settle(turn, child);
}

function start(turn: Turn): void {
  if (turn.plan.phase !== "idle") return;
  turn.plan.phase = "starting";
  for (const child of turn.plan.children.values()) child.wanted = true;
  settle(turn);
}

function stop(turn: Turn): void {
  if (turn.plan.phase === "idle" || turn.plan.phase === "starting" || turn.plan.phase === "running") {
    windUp(turn, { kind: "shutdown" });
  }
}

function add(turn: Turn, event: Extract<PlanEvent, { readonly kind: "add" }>): void {
  const child = createChild(event.child, "added", turn.now.wallMs);
  child.wanted = true;
  turn.plan.children.set(event.child.id, child);
  settle(turn, child);
}

function up(turn: Turn, child: ChildState): void {
  enter(turn, child, "up");
  child.settledOnce = true;
  child.upAtMs = turn.now.monotonicMs;
  turn.effects.push({ kind: "report-up", id: child.rules.id }, { kind: "arrived-up", id: child.rules.id });
}

/** Its start said that there is nothing to run. */
function ignored(turn: Turn, child: ChildState): void {
  child.settledOnce = true;
  if (child.phase === "starting") child.wanted = false;
  putDown(turn, child, "ignored");
}

function startFailed(turn: Turn, child: ChildState, error: Error): void {
  const { plan, effects } = turn;
  child.lastError = error;
  effects.push({ kind: "report-start-failure", id: child.rules.id, error });
  if (child.phase === "stopping" || child.origin === "automatic") {
    const due = child.phase !== "stopping";
    putDown(turn, child);
    if (due) restart(turn, child);
    return;
  }
  child.wanted = false;
  putDown(turn, child, error);
  if (child.origin === "added") forget(turn, child);
  if (child.origin === "initial") {
    windUp(turn, { kind: "error", error: new ChildStartError(`${plan.rules.path}/${child.rules.id}`, error) });
  }
}

/** The child has ended by itself. */
function exited(turn: Turn, child: ChildState, reason: ExitReason): void {
  const { plan, now } = turn;
  report(turn, child, reason);
  const due = child.wanted && !child.bounced;
  if (now.monotonicMs - child.upAtMs >= child.rules.backoff.resetAfterMs) child.streak = 0;
  if (!due || isRestarted(child, reason)) {
    putDown(turn, child);
    if (due) restart(turn, child);
    return;
  }
  child.wanted = false;
  putDown(turn, child);
  if (child.rules.significant && endsBySignificance(plan)) windUp(turn, { kind: "shutdown" });
}

function isRestarted(child: ChildState, reason: ExitReason): boolean {
  return child.rules.restart === "permanent" || (child.rules.restart === "transient" && reason.kind === "error");
}

/** A significant child has ended for good: is that the end of its supervisor? */
function endsBySignificance(plan: Plan): boolean {
  if (plan.rules.autoShutdown !== "all-significant") return plan.rules.autoShutdown === "any-significant";
  for (const child of plan.children.values()) {
    if (child.rules.significant && (child.phase !== "down" || child.wanted)) return false;
  }
  return true;
}

/** Starts a child that is down again, with those that its strategy takes along, unless that would be once too often. */
function restart(turn: Turn, child: ChildState): void {
  const { plan, now, effects } = turn;
  const counted = admitRestart(plan.restartsMs, now.monotonicMs, plan.rules.intensity, plan.rules.windowMs);
  if (!counted) {
    escalate(turn, child);
    return;
  }
  plan.restartsMs = counted;
  child.origin = "automatic";
  child.restarts += 1;
  child.streak += 1;
  takeAlong(turn, child);
  const delayMs = restartDelayMs(child.rules.backoff, child.streak, now.random);
  effects.push({ kind: "report-restart", id: child.rules.id, delayMs, restarts: child.restarts });
  if (delayMs === 0) return;
  enter(turn, child, "waiting");
  effects.push({ kind: "wait", id: child.rules.id, delayMs });
}

/**
 * The group is brought back as it was at first: a child that had been terminated or had ended comes back too, as in OTP;
 * temporary children do not, except one that has yet to be up for the first time.
 */
function takeAlong({ plan }: Turn, failed: ChildState): void {
  for (const child of companionsOf(plan, failed)) {
    if (child.phase === "stopping" && !child.wanted) continue;
    child.wanted = child.rules.restart !== "temporary" || !child.settledOnce;
    child.bounced = child.phase === "up" || child.phase === "starting" || child.bounced;
    if (child.settledOnce) child.origin = "automatic";
  }
}

function companionsOf(plan: Plan, child: ChildState): readonly ChildState[] {
  if (plan.rules.strategy === "one-for-one" || plan.rules.strategy === "dynamic") return [];
  const all = [...plan.children.values()];
  if (plan.rules.strategy === "rest-for-one") return all.slice(all.indexOf(child) + 1);
  return all.filter((other) => other !== child);
}

function escalate(turn: Turn, child: ChildState): void {
  const { path, intensity, windowMs } = turn.plan.rules;
  turn.effects.push({ kind: "report-escalation", restarts: turn.plan.restartsMs.length });
  windUp(turn, { kind: "error", error: new EscalatedError(path, intensity, windowMs, child.lastError) });
}

/** A child that is terminated while it is being restarted takes its group's restart with it: those not back yet stay down. */
function terminate(turn: Turn, child: ChildState): void {
  const restarting = child.wanted && child.origin === "automatic" && child.phase !== "up";
  child.wanted = false;
  if (child.phase === "down") putDown(turn, child);
  if (!restarting) return;
  for (const other of companionsOf(turn.plan, child)) {
    if (other.phase !== "down" || !other.wanted) continue;
    other.wanted = false;
    putDown(turn, other);
  }
}

/** From here on the plan only goes down. */
function windUp(turn: Turn, exit: ExitReason): void {
  turn.plan.phase = "stopping";
  turn.plan.exit = exit;
  for (const child of turn.plan.children.values()) {
    const due = child.wanted;
    child.wanted = false;
    if (due && child.phase === "down") putDown(turn, child);
  }
  settle(turn);
}

function report(turn: Turn, child: ChildState, reason: ExitReason): void {
  if (reason.kind === "error") child.lastError = reason.error;
  turn.effects.push({ kind: "report-exit", id: child.rules.id, reason });
}
