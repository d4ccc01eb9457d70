import type { LaneRow } from "../../inspect/index.ts";
import type { Tone } from "./chip.tsx";

type Status = LaneRow["status"];

export const LANE_TONES: Readonly<Record<Status, Tone>> = {
  retrying: "warn",
  spilled: "busy",
  halted: "bad",
  paused: "plain",
  unmigratable: "bad",
};

/** The others go on by themselves. */
export function waitsForPerson(status: Status): boolean {
  return status === "halted" || status === "paused" || status === "unmigratable";
}
