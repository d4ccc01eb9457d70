import type { ChildState, DownReason, Plan, Turn } from "./plan.ts";

/**
 * Moves every child that may move towards where it is wanted: stops first, from the last to the first, then starts, from the
 * first to the last. Called after each event. A dynamic supervisor's children have no order, so only `touched` is looked at
 * and an event costs the same with ten children as with ten thousand.
 */
export function settle(turn: Turn, touched?: ChildState): void {
  const { plan } = turn;
  const scope = touched && plan.rules.strategy === "dynamic" ? [touched] : [...plan.children.values()];
  cancelDueWaits(turn, scope);
  stopDueChildren(turn, scope);
  startDueChildren(turn, scope);
  if (plan.phase === "starting" && scope.every((child) => child.settledOnce || !child.wanted)) {
    plan.phase = "running";
    turn.effects.push({ kind: "ready" });
  }
  if (plan.phase === "stopping" && allDown(plan)) {
    plan.phase = "stopped";
    turn.effects.push({ kind: "ended" });
  }
}

/** The child is down. Where it is down for good, whoever waits for that hears of it; a temporary child is forgotten. */
export function putDown(turn: Turn, child: ChildState, why: DownReason = "ended"): void {
  enter(turn, child, "down");
  child.bounced = false;
  if (child.wanted) return;
  const { id, restart } = child.rules;
  turn.effects.push({ kind: "arrived-down", id, why });
  if (restart === "temporary" || turn.plan.rules.strategy === "dynamic") forget(turn, child);
}

export function forget(turn: Turn, child: ChildState): void {
  if (turn.plan.children.delete(child.rules.id)) turn.effects.push({ kind: "forget", id: child.rules.id });
}

export function enter(turn: Turn, child: ChildState, phase: ChildState["phase"]): void {
  if (child.phase === phase) return;
  child.phase = phase;
  child.sinceMs = turn.now.wallMs;
}

/** A child that waits for its backoff has nothing to stop, so it need not wait for its turn either. */
function cancelDueWaits(turn: Turn, scope: readonly ChildState[]): void {
  for (const child of scope) {
    if (child.phase !== "waiting" || !mustStop(child)) continue;
    turn.effects.push({ kind: "cancel-wait", id: child.rules.id });
    putDown(turn, child);
  }
}

function stopDueChildren(turn: Turn, scope: readonly ChildState[]): void {
  const ordered = turn.plan.rules.strategy !== "dynamic";
  const group = ordered && (turn.plan.phase === "stopping" || scope.some((child) => child.bounced));
  for (const child of scope.toReversed()) {
    if (child.phase === "stopping" && group) return;
    if (!mustStop(child)) continue;
    enter(turn, child, "stopping");
    turn.effects.push({ kind: "stop", id: child.rules.id });
    if (group) return;
  }
}

function startDueChildren(turn: Turn, scope: readonly ChildState[]): void {
  const { plan } = turn;
  if (isGroup(plan) && scope.some((child) => child.phase === "stopping" || mustStop(child))) return;
  if (plan.rules.strategy === "one-for-all" && scope.some((child) => child.phase === "waiting")) return;
  for (const child of scope) {
    if (!child.wanted || child.phase === "up") continue;
    if (child.phase === "down") startChild(turn, child);
    if (isGroup(plan) || (plan.phase === "starting" && !child.settledOnce)) return;
  }
}

function startChild(turn: Turn, child: ChildState): void {
  child.instance += 1;
  enter(turn, child, "starting");
  const { rules, instance, restarts } = child;
  turn.effects.push({ kind: "start", id: rules.id, instance, restarts });
}

function mustStop(child: ChildState): boolean {
  if (child.phase === "down" || child.phase === "stopping") return false;
  return child.bounced || !child.wanted;
}

function isGroup(plan: Plan): boolean {
  return plan.rules.strategy === "one-for-all" || plan.rules.strategy === "rest-for-one";
}

/** A stopping dynamic supervisor forgets each child as it goes down: asking ten thousand ten thousand times would not scale. */
function allDown(plan: Plan): boolean {
  if (plan.rules.strategy === "dynamic") return plan.children.size === 0;
  for (const child of plan.children.values()) if (child.phase !== "down") return false;
  return true;
}
