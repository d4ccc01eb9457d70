/**
 * One item of Messenger's `entry[].messaging[]`, read into a `ChatMessage`.
 * Source: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events (read 2026-11-21).
 */
import { SECOND } from "../core/index.ts";
import { isRecord } from "./json.ts";
import type { Attachment, ChatMessage } from "./message.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * - `message`: for the actor; `externalId` is the `mid` where there is one.
 * - `ignored`: an echo of what the page has sent, a receipt, or an event of a kind that is not taken.
 * - `malformed`: lacks what its kind must have.
 */
export type ReadEvent =
  | { readonly kind: "message"; readonly person: string; readonly externalId: string; readonly message: ChatMessage }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "malformed"; readonly expected: string };

/** `at` names the event's place in the body, for the person who reads the error. */
export function readEvent(event: unknown, at: string, withRaw: boolean): ReadEvent {
  if (!isRecord(event)) return { kind: "malformed", expected: `${at}: expected an object` };
  const message = isRecord(event.message) ? event.message : undefined;
  const postback = isRecord(event.postback) ? event.postback : undefined;
  if (message?.is_echo === true) return { kind: "ignored", reason: "echo" };
  if (!message && !postback) return { kind: "ignored", reason: kindOf(event) };
  const person = isRecord(event.sender) ? event.sender.id : undefined;
  if (typeof person !== "string") return { kind: "malformed", expected: `${at}.sender.id: expected text` };
  const raw = withRaw ? { raw: event } : {};
  const about = { from: { id: person }, at: timeOf(event.timestamp), ...raw };
  return message ? readMessage(message, person, at, about) : readPostback(postback as Json, person, about);
}

type About = Pick<ChatMessage, "from" | "at" | "raw">;

function readMessage(message: Json, person: string, at: string, about: About): ReadEvent {
  const id = message.mid;
  if (typeof id !== "string") return { kind: "malformed", expected: `${at}.message.mid: expected text` };
  if (message.is_deleted === true) return { kind: "ignored", reason: "deleted message" };
  const text = typeof message.text === "string" ? message.text : "";
  const quickReply = isRecord(message.quick_reply) ? message.quick_reply.payload : undefined;
  const read: ChatMessage =
    quickReply === undefined
      ? { kind: "message", id, text, attachments: attachmentsOf(message.attachments), ...about }
      : { kind: "choice", id, text, choice: String(quickReply), ...about };
  return { kind: "message", person, externalId: id, message: read };
}

/**
 * A button of a template, of the menu, or "Get Started". Before v11.0 a postback had no `mid`: then who and when must
 * do.
 */
function readPostback(postback: Json, person: string, about: About): ReadEvent {
  const choice = typeof postback.payload === "string" ? postback.payload : "";
  const title = typeof postback.title === "string" ? postback.title : choice;
  const externalId = typeof postback.mid === "string" ? postback.mid : `postback:${person}:${about.at}`;
  return {
    kind: "message",
    person,
    externalId,
    message: { kind: "choice", id: externalId, text: title, choice, ...about },
  };
}

const ENVELOPE: ReadonlySet<string> = new Set(["sender", "recipient", "timestamp"]);

/** The provider's name of an event: the one field beside the envelope's (`delivery`, `read`, `reaction`, …). */
function kindOf(event: Json): string {
  return Object.keys(event).find((key) => !ENVELOPE.has(key)) ?? "empty event";
}

/** Milliseconds; the reference for postbacks shows a text of seconds. */
function timeOf(timestamp: unknown): number {
  const value = Number(timestamp);
  if (!Number.isFinite(value)) return 0;
  const isSeconds = value < 100_000_000_000;
  return isSeconds ? value * SECOND : value;
}

function attachmentsOf(attachments: unknown): readonly Attachment[] {
  if (!Array.isArray(attachments)) return [];
  return attachments.filter(isRecord).map((attachment) => {
    const type = typeof attachment.type === "string" ? attachment.type : "unknown";
    const url = isRecord(attachment.payload) ? attachment.payload.url : undefined;
    return typeof url === "string" ? { type, url } : { type };
  });
}
