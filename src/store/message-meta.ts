/** What travels with a message beside its body. Stored as JSON text; absent fields are not stored. */
export interface MessageMeta {
  /** What kind of message it is, where it is not an ordinary one. */
  readonly kind?: "timer" | "control" | "ask";
  /** Who sent it, for people: `actor:concierge/42`, `http`, `channel:room:1`. */
  readonly from?: string;
  /** The conversation it came in by; a handler's `reply` goes back there. */
  readonly origin?: MessageOrigin;
  /** Who awaits an answer (`ask`). */
  readonly replyTo?: ReplyAddress;
  /** W3C trace context (https://www.w3.org/TR/trace-context/#traceparent-header). */
  readonly traceparent?: string;
  /** The id of the message whose handling sent this one. */
  readonly cause?: string;
}

export interface MessageOrigin {
  /** The connector's name. */
  readonly connector: string;
  /** The conversation's address in the connector's own terms (a chat id, a phone number). */
  readonly conversation: string;
}

export interface ReplyAddress {
  /** The process that asks. */
  readonly process: string;
  readonly askId: string;
}

const NOTHING: MessageMeta = Object.freeze({});

/** The meta as JSON text for the store; null when there is nothing to say. */
export function encodeMeta(meta: MessageMeta | undefined): string | null {
  if (!meta) return null;
  const text = JSON.stringify(meta);
  return text === "{}" ? null : text;
}

/** Reads what `encodeMeta` wrote; an empty meta for null. */
export function decodeMeta(text: string | null): MessageMeta {
  return text === null ? NOTHING : (JSON.parse(text) as MessageMeta);
}
