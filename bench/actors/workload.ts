/**
 * The work that every contestant does: 10,000 keys; a message of 200 bytes adds to its key's count and sends one reply. Messages of one
 * key follow each other at some distance, as in a busy chat service.
 */

export const KEYS = 10_000;

export interface Message {
  readonly text: string;
  readonly n: number;
}

export interface Reply {
  readonly text: string;
  readonly n: number;
}

export const MESSAGE: Message = { text: "x".repeat(181), n: 1 };

/** The message, as JSON of 200 bytes. */
export const BODY: string = JSON.stringify(MESSAGE);

/** The key of the i-th message. */
export function keyOf(i: number, keys: number = KEYS): string {
  return `key-${(i * 7_919) % keys}`;
}

/** What is sent back: shorter than what came, and different each time. */
export function replyTo(message: Message, count: number): Reply {
  return { text: message.text.slice(0, 80), n: count };
}

/** Signs the webhooks that bring messages over HTTP. */
export const WEBHOOK_SECRET = "whsec_Z29kd2l0LWJlbmNobWFyay1zZWNyZXQ0";
