import type { MessageOrigin } from "../store/index.ts";

/** An HTTP request as a door sees it: read, but not looked at. */
export interface WebhookRequest {
  readonly method: string;
  /** Absolute, or path and query. */
  readonly url: string;
  readonly headers: Headers;
  /** The bytes as they came: signatures are made over these. */
  readonly rawBody: Uint8Array;
}

/** A message for an actor, as a door has read it out of a webhook. */
export interface InboundMessage {
  /** The actor's name. */
  readonly target: string;
  /** The actor's key: one conversation (`telegram:<chat id>`, `messenger:<page-scoped id>`). */
  readonly key: string;
  /** JSON-encodable: a `ChatMessage`, or a generic webhook's payload. */
  readonly body: unknown;
  /** Whose ids `externalId` and `externalSeq` are. */
  readonly source: string;
  /** The provider's id of the event: taken once. */
  readonly externalId: string;
  /** The source's own numbering, where it has one to wait for. */
  readonly order?: { readonly source: string; readonly externalSeq: number; readonly gapWaitMs: number };
  /** Where replies go; absent where nobody can be replied to. */
  readonly origin?: MessageOrigin;
}

/** Why a webhook was refused; the code of the answer's `{ error: { code, message } }`. See docs/errors.md. */
export type RefusalCode = "bad_signature" | "stale_timestamp" | "malformed" | "too_large" | "method_not_allowed";

/**
 * What to do with a request.
 * - `accept`: append the messages, together; answer 200 (with `reply` when there is one) only once they are durable.
 * - `answer`: answer at once; nothing is written. `ignored` says why a genuine event is none for an actor.
 * - `refuse`: answer `{ error: { code, message } }`; nothing is written.
 */
export type DoorOutcome =
  | { readonly kind: "accept"; readonly messages: readonly InboundMessage[]; readonly reply?: DoorReply }
  | { readonly kind: "answer"; readonly status: number; readonly reply: DoorReply; readonly ignored?: string }
  | {
      readonly kind: "refuse";
      readonly status: 400 | 401 | 403 | 405 | 413;
      readonly code: RefusalCode;
      readonly message: string;
    };

export interface DoorReply {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The entrance of one connector. Pure: reads a request, writes nothing, keeps nothing. Made from a manifest, so that no
 * user code runs in it.
 */
export interface InboundDoor {
  /** The connector's name. */
  readonly connector: string;
  /** The exact path it answers on, such as `/webhooks/telegram`. */
  readonly path: string;
  /** A longer body is refused with 413; whoever reads the request may stop there. */
  readonly maxBodyBytes: number;
  /** Sync where nothing has to be awaited. Never throws for what a request contains. */
  handle(request: WebhookRequest): DoorOutcome | Promise<DoorOutcome>;
}

export const EMPTY_REPLY: DoorReply = { contentType: "text/plain; charset=utf-8", body: "" };

/** A genuine event that no actor is told of: 200, nothing written. */
export function ignore(reason: string): DoorOutcome {
  return { kind: "answer", status: 200, reply: EMPTY_REPLY, ignored: reason };
}

export function badSignature(message: string): DoorOutcome {
  return { kind: "refuse", status: 401, code: "bad_signature", message };
}

/** `expected` names the place and what should be there. */
export function malformed(expected: string): DoorOutcome {
  return { kind: "refuse", status: 400, code: "malformed", message: expected };
}

/** Refuses another method than POST, and a body that is too long; undefined when both are right. */
export function refuseByForm(request: WebhookRequest, maxBodyBytes: number): DoorOutcome | undefined {
  if (request.method !== "POST") {
    return {
      kind: "refuse",
      status: 405,
      code: "method_not_allowed",
      message: `expected POST, received ${request.method}`,
    };
  }
  const length = request.rawBody.byteLength;
  if (length > maxBodyBytes) {
    const message = `expected a body of at most ${maxBodyBytes} bytes, received ${length}`;
    return { kind: "refuse", status: 413, code: "too_large", message };
  }
  return undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The body as JSON, or the reason why it is none. */
export function parseJson(rawBody: Uint8Array): { readonly value: unknown } | { readonly refusal: DoorOutcome } {
  try {
    return { value: JSON.parse(decoder.decode(rawBody)) };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { refusal: malformed(`body: expected JSON in UTF-8 (${reason})`) };
  }
}
