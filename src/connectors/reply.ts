import { isRecord, kindOf } from "./json.ts";

/** A button under a reply. A plain text is its own label and value. */
export type Choice = string | { readonly label: string; readonly value: string };

/**
 * What an actor sends back through a chat connector.
 *
 * Further fields go into the provider's request as they are, over what Godwit would have put there: for Telegram beside
 * `chat_id` and `text` (`parse_mode`, `reply_markup`, …; `method` names another method, such as `sendPhoto`), for
 * Messenger into `message` (`attachment`, …). They are the provider's business: a misspelt one is refused by the
 * provider and the reply becomes a dead letter.
 */
export interface Reply {
  /** At most 4,096 characters for Telegram and 2,000 for Messenger; a longer one becomes a dead letter and is not cut. */
  readonly text?: string;
  /** Buttons: an inline keyboard (Telegram), or quick replies (Messenger: at most 13, labels past 20 characters are cut). */
  readonly choices?: readonly Choice[];
  readonly [providerField: string]: unknown;
}

export function labelOf(choice: Choice): string {
  return typeof choice === "string" ? choice : choice.label;
}

export function payloadOf(choice: Choice): string {
  return typeof choice === "string" ? choice : choice.value;
}

/** Reads a `Reply`; a text says what is wrong with it. */
export function decodeReply(value: unknown): Reply | string {
  if (typeof value === "string") return { text: value };
  if (!isRecord(value)) return `reply: expected { text, choices? }, received ${kindOf(value)}`;
  const { text, choices } = value;
  if (text !== undefined && typeof text !== "string") return `reply.text: expected text, received ${kindOf(text)}`;
  if (choices !== undefined && !(Array.isArray(choices) && choices.every(isChoice))) {
    return `reply.choices: expected a list of texts or { label, value }, received ${kindOf(choices)}`;
  }
  return value as Reply;
}

function isChoice(value: unknown): value is Choice {
  return (
    typeof value === "string" || (isRecord(value) && typeof value.label === "string" && typeof value.value === "string")
  );
}
