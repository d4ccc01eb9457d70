import type { TelegramManifest } from "./connector.ts";
import {
  badSignature,
  type DoorOutcome,
  type DoorReply,
  type InboundDoor,
  ignore,
  malformed,
  parseJson,
  refuseByForm,
  type WebhookRequest,
} from "./inbound-door.ts";
import { isRecord } from "./json.ts";
import { equalInConstantTime, utf8 } from "./signature.ts";
import { eventOf, isChat, type ReadUpdate, readUpdate } from "./telegram-update.ts";

const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** The entrance for a bot's updates. Source: https://core.telegram.org/bots/api#setwebhook */
export function telegramDoor(manifest: TelegramManifest): InboundDoor {
  const secret = utf8(manifest.secretToken);
  return {
    connector: manifest.name,
    path: manifest.path,
    maxBodyBytes: manifest.maxBodyBytes,
    handle(request: WebhookRequest): DoorOutcome {
      const refusal = refuseByForm(request, manifest.maxBodyBytes);
      if (refusal) return refusal;
      const presented = request.headers.get(SECRET_HEADER);
      if (presented === null) return badSignature("expected the header X-Telegram-Bot-Api-Secret-Token");
      if (!equalInConstantTime(utf8(presented), secret)) {
        return badSignature("X-Telegram-Bot-Api-Secret-Token is not the token given to setWebhook");
      }
      const parsed = parseJson(request.rawBody);
      return "refusal" in parsed ? parsed.refusal : admit(manifest, parsed.value);
    },
  };
}

function admit(manifest: TelegramManifest, update: unknown): DoorOutcome {
  if (!isRecord(update)) return malformed("body: expected an Update object");
  const updateId = update.update_id;
  if (!Number.isSafeInteger(updateId)) return malformed("update_id: expected a whole number");
  const event = eventOf(update);
  if (manifest.events === "messages" && (event === undefined || !isChat(event))) {
    return ignore(event ?? "an update of an unknown kind");
  }
  const read = readUpdate(update, event ?? "unknown", manifest.raw ? { raw: update } : {});
  return typeof read === "string" ? malformed(read) : accept(manifest, updateId as number, read);
}

function accept(manifest: TelegramManifest, updateId: number, { event, address, message }: ReadUpdate): DoorOutcome {
  const { name, gapWaitMs } = manifest;
  return {
    kind: "accept",
    messages: [
      {
        target: manifest.to,
        key: `${name}:${address ?? "bot"}`,
        body: message,
        source: name,
        externalId: String(updateId),
        ...(gapWaitMs === null ? {} : { order: { source: name, externalSeq: updateId, gapWaitMs } }),
        ...(address === undefined ? {} : { origin: { connector: name, conversation: address } }),
      },
    ],
    ...(event === "callback_query" ? { reply: answerCallback(message.id) } : {}),
  };
}

/**
 * A pressed button shows that it is busy until `answerCallbackQuery` is called. Telegram takes a method call as the
 * answer to a webhook, so it costs no request of its own. Source:
 * https://core.telegram.org/bots/api#making-requests-when-getting-updates
 */
function answerCallback(id: string): DoorReply {
  return {
    contentType: "application/json",
    body: JSON.stringify({ method: "answerCallbackQuery", callback_query_id: id }),
  };
}
