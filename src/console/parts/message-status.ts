import type { MessageStep } from "../../inspect/index.ts";
import type { Tone } from "./chip.tsx";

export const MESSAGE_TONES: Readonly<Record<MessageStep["status"], Tone>> = {
  waiting: "busy",
  retrying: "warn",
  handled: "good",
  dead: "bad",
  redriven: "plain",
  discarded: "plain",
};
