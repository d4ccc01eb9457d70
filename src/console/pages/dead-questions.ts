/** What is asked before dead letters are decided about. */
import type { DeadLetterRow } from "../../inspect/index.ts";
import { plural } from "../format.ts";
import { decideBy, type Question } from "../parts/decide.tsx";

export type Verb = "redrive" | "discard";

/** As many as the node decides about in one go. */
const MOST_AT_ONCE = 500;

const TEXTS: Readonly<Record<Verb, string>> = {
  redrive: "handled again from its first try, after what waits for its key now",
  discard: "never handled; it stays readable under “discarded”",
};
const NAMES: Readonly<Record<Verb, string>> = { redrive: "Redrive", discard: "Discard" };
const PAST: Readonly<Record<Verb, string>> = { redrive: "Redriven", discard: "Discarded" };

export function oneQuestion(verb: Verb, { id, target, key }: Pick<DeadLetterRow, "id" | "target" | "key">): Question {
  return {
    decide: decideBy(`dead.${verb}`, { id }, () => `${PAST[verb]}: ${id}.`),
    title: `${NAMES[verb]} ${id}?`,
    text: `The message to ${target} ${key} is ${TEXTS[verb]}.`,
    verb: NAMES[verb],
    isDestructive: verb === "discard",
    keepsReason: true,
  };
}

export function allQuestion(verb: Verb, target: string, key: string | undefined, count: number): Question {
  const params = { target, key, limit: MOST_AT_ONCE };
  return {
    decide: decideBy(`dead.${verb}`, params, ({ asked, more }) => {
      return `${PAST[verb]}: ${plural(asked.length, "message")}.${more ? " There are more: decide again." : ""}`;
    }),
    title: `${NAMES[verb]} ${plural(count, "dead letter")}?`,
    text: `Every dead letter to ${target}${key ? ` with the key ${key}` : ""} is ${TEXTS[verb]}.`,
    verb: `${NAMES[verb]} all ${count}`,
    isDestructive: verb === "discard",
    keepsReason: true,
  };
}
