import { SECOND } from "../core/index.ts";
import type { TelegramDefinition } from "./connector.ts";
import { isRecord, objectIn } from "./json.ts";
import {
  judgeByStatus,
  type OutboundProvider,
  type Outgoing,
  type ProviderRequest,
  type ProviderResponse,
  type Verdict,
} from "./provider.ts";
import { type Choice, decodeReply, labelOf, payloadOf, type Reply } from "./reply.ts";
import { utf8 } from "./signature.ts";

/** Characters of a message's text. Source: https://core.telegram.org/bots/api#sendmessage */
const MAX_TEXT = 4_096;
/** Bytes of a button's `callback_data`. Source: https://core.telegram.org/bots/api#inlinekeyboardbutton */
const MAX_CALLBACK_BYTES = 64;

/**
 * Replies by the Bot API: `POST {base}/bot{token}/sendMessage`. Source:
 * https://core.telegram.org/bots/api#making-requests
 */
export function telegramProvider(definition: TelegramDefinition): OutboundProvider {
  return {
    baseUrl: definition.baseUrl,
    request({ to, reply }: Outgoing): ProviderRequest | string {
      const decoded = decodeReply(reply);
      if (typeof decoded === "string") return decoded;
      const problem = problemOf(decoded);
      if (problem !== undefined) return problem;
      const { method = "sendMessage", text, choices, ...fields } = decoded;
      const body = { chat_id: chatId(to), ...(text === undefined ? {} : { text }), ...keyboard(choices), ...fields };
      return {
        url: `${definition.baseUrl}/bot${definition.token}/${method}`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      };
    },
    judge,
  };
}

function problemOf({ method, text, choices, parse_mode }: Reply): string | undefined {
  if (method !== undefined && !(typeof method === "string" && /^[A-Za-z]+$/.test(method))) {
    return "reply.method: expected the name of a Bot API method";
  }
  if (method === undefined && (text === undefined || text === ""))
    return "reply.text: expected text; Telegram sends no empty message";
  // With a parse mode the limit is on what is left of the text once it is parsed: Telegram counts that itself.
  if (parse_mode === undefined && text !== undefined && text.length > MAX_TEXT) {
    return `reply.text: expected at most ${MAX_TEXT} characters (Telegram's limit), received ${text.length}`;
  }
  const tooLong = choices?.find(
    (choice) => utf8(payloadOf(choice)).length > MAX_CALLBACK_BYTES || payloadOf(choice) === "",
  );
  if (tooLong === undefined) return undefined;
  return `reply.choices: expected values of 1–${MAX_CALLBACK_BYTES} bytes (Telegram's limit on callback_data)`;
}

/** A number where it is one: the Bot API takes both, a channel's `@name` only as text. */
function chatId(address: string): number | string {
  return /^-?\d{1,15}$/.test(address) ? Number(address) : address;
}

function keyboard(choices: readonly Choice[] | undefined): { readonly reply_markup?: unknown } {
  if (!choices || choices.length === 0) return {};
  const rows = choices.map((choice) => [{ text: labelOf(choice), callback_data: payloadOf(choice) }]);
  return { reply_markup: { inline_keyboard: rows } };
}

/**
 * The reason is in `description`, the wait in `parameters.retry_after` (seconds). Source:
 * https://core.telegram.org/bots/api#responseparameters
 */
function judge(response: ProviderResponse): Verdict {
  const answer = objectIn(response.text);
  const description = typeof answer.description === "string" ? answer.description : "no description";
  const verdict = judgeByStatus(response, `Telegram answered ${response.status}: ${description}`);
  const retryAfter = isRecord(answer.parameters) ? answer.parameters.retry_after : undefined;
  if (verdict.kind !== "throttled" || typeof retryAfter !== "number") return verdict;
  return { ...verdict, retryAfterMs: retryAfter * SECOND };
}
