/**
 * Telegram's `Update`, read into a `ChatMessage`. Source: https://core.telegram.org/bots/api#update (Bot API 9, read
 * 2026-11-21).
 */
import { SECOND } from "../core/index.ts";
import { isRecord } from "./json.ts";
import type { Attachment, ChatMessage, Sender } from "./message.ts";

type Json = Readonly<Record<string, unknown>>;

/** An update, read: `address` is the chat's id, absent where the update belongs to none. */
export interface ReadUpdate {
  readonly event: string;
  readonly address: string | undefined;
  readonly message: ChatMessage;
}

const NEW_MESSAGES: ReadonlySet<string> = new Set(["message", "channel_post", "business_message"]);
const EDITED_MESSAGES: ReadonlySet<string> = new Set([
  "edited_message",
  "edited_channel_post",
  "edited_business_message",
]);

/** The one field that an update holds beside its `update_id`; undefined when there is none. */
export function eventOf(update: Json): string | undefined {
  return Object.keys(update).find((key) => key !== "update_id" && isRecord(update[key]));
}

/** Is this a kind of update that people cause by writing or pressing a button? */
export function isChat(event: string): boolean {
  return event === "callback_query" || NEW_MESSAGES.has(event) || EDITED_MESSAGES.has(event);
}

/** Reads an update of any kind; a text says what it lacks. `raw` is put into the message where it is wanted. */
export function readUpdate(update: Json, event: string, raw: { readonly raw?: unknown }): ReadUpdate | string {
  const content = isRecord(update[event]) ? update[event] : {};
  if (event === "callback_query") return readCallback(content, raw);
  const chatId = idOf(isRecord(content.chat) ? content.chat.id : undefined);
  if (NEW_MESSAGES.has(event) || EDITED_MESSAGES.has(event)) {
    if (chatId === undefined) return `${event}.chat.id: expected a number`;
    const kind = EDITED_MESSAGES.has(event) ? "edit" : "message";
    const message: ChatMessage = { kind, ...readMessage(content), attachments: attachmentsOf(content), ...raw };
    return { event, address: chatId, message };
  }
  const message: ChatMessage = { kind: "event", event, ...readMessage(content), ...raw };
  return { event, address: chatId ?? idOf(isRecord(content.from) ? content.from.id : undefined), message };
}

function readMessage(content: Json): {
  readonly id: string;
  readonly text: string;
  readonly from: Sender;
  readonly at: number;
} {
  return {
    id: idOf(content.message_id ?? content.id) ?? "",
    text: textOf(content.text) ?? textOf(content.caption) ?? "",
    from: senderOf(content.from ?? content.sender_chat ?? content.chat),
    at: typeof content.date === "number" ? content.date * SECOND : 0,
  };
}

/** A pressed button. In a chat the chat's message is with it; one sent by way of an inline query belongs to its presser. */
function readCallback(callback: Json, raw: { readonly raw?: unknown }): ReadUpdate | string {
  const id = textOf(callback.id);
  const from = senderOf(callback.from);
  if (id === undefined || from.id === "") return "callback_query: expected an id and a from.id";
  const message = isRecord(callback.message) ? callback.message : {};
  const chatId = idOf(isRecord(message.chat) ? message.chat.id : undefined);
  const choice = textOf(callback.data) ?? "";
  return {
    event: "callback_query",
    address: chatId ?? from.id,
    message: { kind: "choice", id, text: labelOfButton(message, choice) ?? choice, choice, from, at: 0, ...raw },
  };
}

/** The label on the button that was pressed, from the keyboard under the message. */
function labelOfButton(message: Json, choice: string): string | undefined {
  const keyboard = isRecord(message.reply_markup) ? message.reply_markup.inline_keyboard : undefined;
  if (!Array.isArray(keyboard)) return undefined;
  const button: unknown = keyboard
    .flat()
    .find((candidate) => isRecord(candidate) && candidate.callback_data === choice);
  return isRecord(button) ? textOf(button.text) : undefined;
}

/** A user, or a chat that speaks as itself (a channel, an anonymous administrator). */
function senderOf(value: unknown): Sender {
  if (!isRecord(value)) return { id: "" };
  const fullName = [value.first_name, value.last_name].filter((part) => typeof part === "string").join(" ");
  const name = fullName || textOf(value.title) || textOf(value.username);
  const language = textOf(value.language_code);
  return { id: idOf(value.id) ?? "", ...(name ? { name } : {}), ...(language ? { language } : {}) };
}

const FILES = ["document", "audio", "voice", "video", "video_note", "animation", "sticker"] as const;
const OTHERS = ["location", "venue", "contact", "poll", "dice"] as const;

function attachmentsOf(message: Json): readonly Attachment[] {
  const attachments: Attachment[] = [];
  if (Array.isArray(message.photo)) attachments.push(file("photo", largest(message.photo)));
  for (const type of FILES) if (isRecord(message[type])) attachments.push(file(type, message[type]));
  for (const type of OTHERS) if (isRecord(message[type])) attachments.push({ type });
  return attachments;
}

/** `photo` holds one picture in several sizes, the largest last. */
function largest(sizes: readonly unknown[]): Json {
  const last = sizes.at(-1);
  return isRecord(last) ? last : {};
}

function file(type: string, content: Json): Attachment {
  const ref = textOf(content.file_id);
  return ref === undefined ? { type } : { type, ref };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Telegram's ids have at most 52 significant bits: safe as numbers; kept as text. */
function idOf(value: unknown): string | undefined {
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}
