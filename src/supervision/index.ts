export { type ChildSpec, compileChildren, type Restart } from "./child-spec.ts";
export {
  AlreadyRegisteredError,
  type ChildRefusal,
  ChildRefusedError,
  ChildStartError,
  EscalatedError,
} from "./errors.ts";
export type { AutoShutdown, Strategy } from "./plan.ts";
export { Registry, registered } from "./registry.ts";
export { DEFAULT_BACKOFF, type RestartBackoff, restartDelayMs } from "./restart-policy.ts";
export {
  type ExitReason,
  type Service,
  type ServiceState,
  type ServiceTree,
  type StartContext,
  taskService,
} from "./service.ts";
export { Supervisor, supervisorChild } from "./supervisor.ts";
export type { SupervisorOptions } from "./supervisor-options.ts";
