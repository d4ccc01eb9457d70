import { errorRecordText, type FailureVerdict } from "./failure.ts";
import { isParked, type Lane, type LaneRecordBody } from "./lane.ts";

/** Of a lane that works its backlog off. */
export const DRAINING: LaneRecordBody = { status: "spilled", attempts: 0, dueAtMs: 0, error: null };

export function haltedRecord(error: Error): LaneRecordBody {
  return { status: "halted", attempts: 0, dueAtMs: 0, error: errorRecordText(error) };
}

/** The record of a lane whose head has failed. A person's pause stands, and remembers the tries. */
export function recordAfter(lane: Lane, verdict: FailureVerdict, error: Error, nowMs: number): LaneRecordBody {
  const attempts = verdict.kind === "retry" ? verdict.attempts : 0;
  if (lane.record && isParked(lane.record)) return { ...lane.record, attempts, error: errorRecordText(error) };
  if (verdict.kind === "retry") {
    return { status: "retrying", attempts, dueAtMs: nowMs + verdict.delayMs, error: errorRecordText(error) };
  }
  return lane.target.onDead === "halt" ? haltedRecord(error) : DRAINING;
}
