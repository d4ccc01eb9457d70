import type { ChildState, Plan } from "./plan.ts";
import type { Service, ServiceState, ServiceTree } from "./service.ts";

const PLAN_STATES: Readonly<Record<Plan["phase"], ServiceState>> = {
  idle: "stopped",
  starting: "starting",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
};

/** A plan and the services that are up, as a tree of plain data. */
export function treeOf(plan: Plan, sinceMs: number, serviceOf: (id: string) => Service | undefined): ServiceTree {
  const { path } = plan.rules;
  return {
    id: path.slice(path.lastIndexOf("/") + 1),
    path,
    kind: "supervisor",
    state: PLAN_STATES[plan.phase],
    restarts: 0,
    sinceMs,
    ...(plan.exit.kind === "error" && { lastError: summaryOf(plan.exit.error) }),
    children: [...plan.children.values()].map((child) => branchOf(path, child, serviceOf(child.rules.id))),
  };
}

function branchOf(parent: string, child: ChildState, service: Service | undefined): ServiceTree {
  const { rules, restarts, sinceMs, lastError } = child;
  const below = service?.tree?.();
  return {
    id: rules.id,
    path: `${parent}/${rules.id}`,
    kind: below ? "supervisor" : "service",
    state: stateOf(child),
    restarts,
    sinceMs,
    ...(lastError && { lastError: summaryOf(lastError) }),
    ...(service?.pid !== undefined && { pid: service.pid }),
    ...(below?.children && { children: below.children }),
  };
}

function stateOf({ phase, wanted, settledOnce }: ChildState): ServiceState {
  switch (phase) {
    case "up":
      return "running";
    case "waiting":
      return "restarting";
    case "down":
      if (!wanted) return "stopped";
      return settledOnce ? "restarting" : "starting";
    default:
      return phase;
  }
}

function summaryOf(error: Error): { readonly name: string; readonly message: string } {
  return { name: error.name, message: error.message };
}
