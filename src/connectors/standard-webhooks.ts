/**
 * Signing and verifying by Standard Webhooks 1.0: HMAC-SHA256 over `{id}.{timestamp}.{payload}`, base64, as
 * `v1,<signature>`; several, separated by spaces, while a secret is being replaced. Source:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { SECOND } from "../core/index.ts";
import { equalInConstantTime, fromBase64, type Hmac, toBase64, utf8 } from "./signature.ts";

const SECRET_PREFIX = "whsec_";
const MIN_SECRET_BYTES = 24;
const VERSION_PREFIX = "v1,";
/** Characters of `webhook-id`: it is kept for the dedupe window. */
const MAX_ID_LENGTH = 256;
/** Signatures looked at in one request: a rotation needs two, and each costs a comparison. */
const MAX_SIGNATURES = 10;

/** The key in a secret, with or without `whsec_`; undefined when it is no base64 of at least 24 bytes. */
export function decodeSecret(secret: string): Uint8Array<ArrayBuffer> | undefined {
  const key = fromBase64(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret);
  return key && key.length >= MIN_SECRET_BYTES ? key : undefined;
}

export interface SignatureHeaders {
  readonly id: string;
  /** Whole seconds since the epoch, as text. */
  readonly timestamp: string;
  readonly signatures: readonly Uint8Array[];
}

/** Reads the three headers; a text says which is missing or wrong. */
export function readSignatureHeaders(headers: Headers): SignatureHeaders | string {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signature = headers.get("webhook-signature");
  if (!id || !timestamp || !signature)
    return "expected the headers webhook-id, webhook-timestamp and webhook-signature";
  // The id is signed before a dot: one in it could move the border between id and timestamp.
  if (id.includes(".") || id.length > MAX_ID_LENGTH) {
    return `webhook-id: expected at most ${MAX_ID_LENGTH} characters, and no dot`;
  }
  if (!/^\d{1,12}$/.test(timestamp)) return "webhook-timestamp: expected whole seconds since 1970";
  const signatures = signature
    .split(" ", MAX_SIGNATURES)
    .filter((entry) => entry.startsWith(VERSION_PREFIX))
    .map((entry) => fromBase64(entry.slice(VERSION_PREFIX.length)))
    .filter((bytes) => bytes !== undefined);
  if (signatures.length === 0) return "webhook-signature: expected v1,<base64>";
  return { id, timestamp, signatures };
}

/** Is the timestamp near enough to now? */
export function isFresh(timestamp: string, nowMs: number, toleranceMs: number): boolean {
  return Math.abs(nowMs - Number(timestamp) * SECOND) <= toleranceMs;
}

/** Was the payload signed with one of these keys? */
export async function isSigned(
  headers: SignatureHeaders,
  payload: Uint8Array,
  hmacs: readonly Hmac[],
): Promise<boolean> {
  const content = signedContent(headers.id, headers.timestamp, payload);
  for (const hmac of hmacs) {
    const expected = await hmac(content);
    if (headers.signatures.some((signature) => equalInConstantTime(signature, expected))) return true;
  }
  return false;
}

/** The three headers for a payload. */
export async function signatureHeaders(
  id: string,
  nowMs: number,
  payload: string,
  hmac: Hmac,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = String(Math.floor(nowMs / SECOND));
  const signature = await hmac(signedContent(id, timestamp, utf8(payload)));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `${VERSION_PREFIX}${toBase64(signature)}`,
  };
}

function signedContent(id: string, timestamp: string, payload: Uint8Array): Uint8Array {
  const head = utf8(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + payload.length);
  content.set(head);
  content.set(payload, head.length);
  return content;
}
