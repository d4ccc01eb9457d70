import type { MessengerDefinition } from "./connector.ts";
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

/** Characters of a message's text. Source: https://developers.facebook.com/docs/messenger-platform/reference/send-api */
const MAX_TEXT = 2_000;
/** Source: https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies */
const MAX_QUICK_REPLIES = 13;
const MAX_TITLE = 20;
const MAX_PAYLOAD = 1_000;

/**
 * Codes of Meta's errors that ask to slow down; they come with status 400 or 403 rather than 429.
 * Source: https://developers.facebook.com/docs/messenger-platform/error-codes,
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
const THROTTLED: ReadonlySet<unknown> = new Set([4, 17, 32, 341, 613, 80006]);
/** "Service temporarily unavailable", "Temporary send message failure": come back. */
const TEMPORARY: ReadonlySet<unknown> = new Set([2, 1200]);

/**
 * Replies by the Send API: `POST {base}/{version}/me/messages`. Source:
 * https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
export function messengerProvider(definition: MessengerDefinition): OutboundProvider {
  const token = encodeURIComponent(definition.pageAccessToken);
  const url = `${definition.baseUrl}/${definition.apiVersion}/me/messages?access_token=${token}`;
  return {
    baseUrl: definition.baseUrl,
    request({ to, reply }: Outgoing): ProviderRequest | string {
      const decoded = decodeReply(reply);
      if (typeof decoded === "string") return decoded;
      const problem = problemOf(decoded);
      if (problem !== undefined) return problem;
      const { text, choices, ...fields } = decoded;
      const message = { ...(text === undefined ? {} : { text }), ...quickReplies(choices), ...fields };
      return {
        url,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ recipient: { id: to }, messaging_type: "RESPONSE", message }),
      };
    },
    judge,
  };
}

function problemOf({ text, choices = [], attachment }: Reply): string | undefined {
  if ((text === undefined || text === "") && attachment === undefined) {
    return "reply: expected text or an attachment; Messenger sends no empty message";
  }
  if (text !== undefined && text.length > MAX_TEXT) {
    return `reply.text: expected at most ${MAX_TEXT} characters (Messenger's limit), received ${text.length}`;
  }
  if (choices.length > MAX_QUICK_REPLIES) {
    return `reply.choices: expected at most ${MAX_QUICK_REPLIES} (Messenger's limit), received ${choices.length}`;
  }
  if (choices.every((choice) => payloadOf(choice).length <= MAX_PAYLOAD)) return undefined;
  return `reply.choices: expected values of at most ${MAX_PAYLOAD} characters (Messenger's limit)`;
}

function quickReplies(choices: readonly Choice[] | undefined): { readonly quick_replies?: unknown } {
  if (!choices || choices.length === 0) return {};
  const replies = choices.map((choice) => ({
    content_type: "text",
    title: shortened(labelOf(choice)),
    payload: payloadOf(choice),
  }));
  return { quick_replies: replies };
}

/** Messenger cuts longer titles; a cut label with its value whole is better than no answer. */
function shortened(label: string): string {
  return label.length > MAX_TITLE ? `${label.slice(0, MAX_TITLE - 1)}…` : label;
}

function judge(response: ProviderResponse): Verdict {
  const answer = objectIn(response.text);
  const error = isRecord(answer.error) ? answer.error : {};
  const message = typeof error.message === "string" ? error.message : "no message";
  const code = error.code === undefined ? "" : ` (code ${error.code})`;
  const reason = `Messenger answered ${response.status}: ${message}${code}`;
  const verdict = judgeByStatus(response, reason);
  if (verdict.kind !== "refused") return verdict;
  if (THROTTLED.has(error.code)) return { kind: "throttled", reason };
  if (error.is_transient === true || TEMPORARY.has(error.code)) return { kind: "failed", reason };
  return verdict;
}
