import type { Events } from "../core/index.ts";
import type { Effect, PlanRules } from "./plan.ts";

export type Report = Extract<Effect, { readonly kind: `report-${string}` }>;

/** Says what a supervisor has decided about its children, as events. */
export function report(events: Events, rules: PlanRules, effect: Report): void {
  if (effect.kind === "report-escalation") {
    events.emit("supervisor.escalated", { path: rules.path, restarts: effect.restarts, windowMs: rules.windowMs });
    return;
  }
  const path = `${rules.path}/${effect.id}`;
  switch (effect.kind) {
    case "report-up":
      events.emit("service.started", { path });
      break;
    case "report-exit": {
      const { reason } = effect;
      events.emit("service.exited", {
        path,
        reason: reason.kind,
        ...(reason.kind === "error" && { error: reason.error }),
      });
      break;
    }
    case "report-start-failure":
      events.emit("service.failed-to-start", { path, error: effect.error });
      break;
    case "report-restart":
      events.emit("service.restarting", { path, delayMs: effect.delayMs, restarts: effect.restarts });
      break;
  }
}
