export {
  ChildProcess,
  type ChildProcessOptions,
  type OutputPolicy,
  processChild,
} from "./child-process.ts";
export { endWithParent } from "./end-with-parent.ts";
export {
  describeExit,
  type ExitStatus,
  ProcessBlockedError,
  ProcessExitError,
  ProcessNotReadyError,
  ProcessStartError,
} from "./process-errors.ts";
