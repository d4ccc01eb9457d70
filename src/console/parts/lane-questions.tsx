import { plural } from "../format.ts";
import { decideBy, type Question } from "./decide.tsx";

interface ActorKey {
  readonly actor: string;
  readonly key: string;
  readonly waiting?: number;
}

export function pauseQuestion({ actor, key }: ActorKey): Question {
  return {
    decide: decideBy("actors.pause", { actor, key }, () => `${actor} ${key} pauses before its next message.`),
    title: `Pause ${actor} ${key}?`,
    text: "Its messages are taken and kept, and none is handled until you resume it.",
    verb: "Pause",
    keepsReason: false,
  };
}

export function resumeQuestion({ actor, key, waiting = 0 }: ActorKey): Question {
  return {
    decide: decideBy("actors.resume", { actor, key }, () => `${actor} ${key} goes on.`),
    title: `Resume ${actor} ${key}?`,
    text:
      waiting > 0 ? `${plural(waiting, "message")} will be handled, in order.` : "It goes on with its next message.",
    verb: "Resume",
    keepsReason: false,
  };
}
