/** What came in through a chat connector, in one shape for every provider. `raw` holds what this shape leaves out. */

/** Who wrote it. */
export interface Sender {
  /** The provider's id of the person: a Telegram user id, a Messenger page-scoped id. */
  readonly id: string;
  /** What to call them, where the provider tells it. */
  readonly name?: string;
  /** BCP 47 language tag of their client, where the provider tells it. */
  readonly language?: string;
}

/** A file, picture, place or contact. What is needed to fetch it is `ref` (a provider's file id) or `url`. */
export interface Attachment {
  /**
   * The provider's own word: `photo`, `image`, `audio`, `voice`, `video`, `document`, `file`, `sticker`, `location`,
   * `contact`, …
   */
  readonly type: string;
  /** Telegram's `file_id`. */
  readonly ref?: string;
  /** Messenger's `payload.url`; it expires. */
  readonly url?: string;
}

interface ChatBase {
  /** The provider's id of this message (Telegram: `message_id` or the callback's id; Messenger: `mid`). */
  readonly id: string;
  /** What the person wrote; the caption of a picture; the label of a pressed button. Empty when there is none. */
  readonly text: string;
  readonly from: Sender;
  /** When, by the provider's clock: wall ms. Telegram counts whole seconds, and gives no time for a pressed button (0). */
  readonly at: number;
  /** The provider's own object, unchanged. Absent with the connector's option `raw: false`. */
  readonly raw?: unknown;
}

/** Somebody wrote, or sent a file. */
export interface TextMessage extends ChatBase {
  readonly kind: "message";
  readonly attachments: readonly Attachment[];
}

/** Somebody changed a message sent before: `text` is the new text, `id` the message's. */
export interface EditedMessage extends ChatBase {
  readonly kind: "edit";
  readonly attachments: readonly Attachment[];
}

/** Somebody pressed a button or picked a quick reply: Telegram's callback query, Messenger's postback and quick reply. */
export interface ChoiceMessage extends ChatBase {
  readonly kind: "choice";
  /** The `value` of the choice, as it was given with the reply. Comes back through the person's client: check it. */
  readonly choice: string;
}

/**
 * Something else that happened (a member joined, a poll was answered): only with the option `events: "all"`. Look into
 * `raw`.
 */
export interface EventMessage extends ChatBase {
  readonly kind: "event";
  /** The provider's name for it, such as `my_chat_member`. */
  readonly event: string;
}

/** What an actor behind a chat connector receives. */
export type ChatMessage = TextMessage | EditedMessage | ChoiceMessage | EventMessage;
