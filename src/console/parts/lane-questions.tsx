import type { LaneRow } from "../../node/index.ts";
import { plural } from "../format.ts";
import type { Question } from "./decide.tsx";

type Lane = Pick<LaneRow, "stream" | "target" | "key"> & { readonly waiting?: number };

export function pauseQuestion({ stream, target, key }: Lane): Question {
  return {
    decision: { kind: "pause", stream, target, key },
    title: `Pause ${target} ${key}?`,
    text: "Its messages are taken and kept, and none is handled until you resume it.",
    verb: "Pause",
    done: () => `Paused ${target} ${key}.`,
  };
}

export function resumeQuestion({ stream, target, key, waiting = 0 }: Lane): Question {
  return {
    decision: { kind: "resume", stream, target, key },
    title: `Resume ${target} ${key}?`,
    text:
      waiting > 0 ? `${plural(waiting, "message")} will be handled, in order.` : "It goes on with its next message.",
    verb: "Resume",
    done: () => `Resumed ${target} ${key}.`,
  };
}
