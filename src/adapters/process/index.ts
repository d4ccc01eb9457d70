export { BlockGuard, type BlockGuardOptions, type GuardedProcess } from "./block-guard.ts";
export { ChildProcess, type ChildProcessOptions, type OutputPolicy, processChild } from "./child-process.ts";
export { endWithParent } from "./end-with-parent.ts";
export { LoopDelay, type LoopDelayReading } from "./loop-delay.ts";
export type { MemoryPoint } from "./memory-curve.ts";
export { MemoryGuard, type MemoryGuardOptions, type Outgrown } from "./memory-guard.ts";
export { type MemoryBudget, memoryLimitBytes } from "./memory-limit.ts";
export { proportionalBytes, residentBytes } from "./memory-usage.ts";
export {
  describeExit,
  type ExitStatus,
  ProcessBlockedError,
  ProcessExitError,
  ProcessNotReadyError,
  ProcessStartError,
} from "./process-errors.ts";
