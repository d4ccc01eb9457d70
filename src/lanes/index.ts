export type { CommittedBroadcast } from "./announce.ts";
export {
  CONTROL_TARGET,
  type ControlCommand,
  discardRequest,
  pauseRequest,
  redriveRequest,
  resumeRequest,
} from "./control.ts";
export type { LeaseScope } from "./lease-plan.ts";
export { DEFAULT_LANE_LIMITS, type LaneLimits } from "./limits.ts";
export type { FlightRecorder } from "./recorder.ts";
export { type CommittedCallbacks, LaneRuntime, type LaneRuntimeOptions, type LaneStatistics } from "./runtime.ts";
export type * from "./target.ts";
