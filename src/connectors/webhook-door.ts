import type { Clock } from "../core/index.ts";
import type { WebhookManifest } from "./connector.ts";
import {
  badSignature,
  type DoorOutcome,
  type InboundDoor,
  malformed,
  parseJson,
  refuseByForm,
  type WebhookRequest,
} from "./inbound-door.ts";
import { type PointerSteps, showPointer, valueAt } from "./json-pointer.ts";
import type { CreateHmac, Hmac } from "./signature.ts";
import { decodeSecret, isFresh, isSigned, readSignatureHeaders } from "./standard-webhooks.ts";

/** The entrance for signed JSON of any kind. The actor's message is the payload, as it came. */
export function webhookDoor(manifest: WebhookManifest, createHmac: CreateHmac, clock: Clock): InboundDoor {
  const keys = manifest.secrets.map(decodeSecret).filter((key) => key !== undefined);
  const hmacs = keys.map(createHmac);
  return {
    connector: manifest.name,
    path: manifest.path,
    maxBodyBytes: manifest.maxBodyBytes,
    handle(request: WebhookRequest): DoorOutcome | Promise<DoorOutcome> {
      return refuseByForm(request, manifest.maxBodyBytes) ?? verifyAndAdmit(manifest, request, hmacs, clock.wallMs());
    },
  };
}

async function verifyAndAdmit(
  manifest: WebhookManifest,
  request: WebhookRequest,
  hmacs: readonly Hmac[],
  nowMs: number,
): Promise<DoorOutcome> {
  const headers = readSignatureHeaders(request.headers);
  if (typeof headers === "string") return badSignature(headers);
  if (!(await isSigned(headers, request.rawBody, hmacs))) {
    return badSignature("webhook-signature does not match id, timestamp and body under the secret");
  }
  if (!isFresh(headers.timestamp, nowMs, manifest.toleranceMs)) {
    const message = `webhook-timestamp: expected a time within ${manifest.toleranceMs / 1_000} s of now`;
    return { kind: "refuse", status: 401, code: "stale_timestamp", message };
  }
  return admit(manifest, headers.id, request.rawBody);
}

function admit(manifest: WebhookManifest, webhookId: string, rawBody: Uint8Array): DoorOutcome {
  const parsed = parseJson(rawBody);
  if ("refusal" in parsed) return parsed.refusal;
  const { name, to } = manifest;
  const address = textAt(parsed.value, manifest.key);
  if (address === undefined) return malformed(expectedText(manifest.key, "the key"));
  const externalId = manifest.id === null ? webhookId : textAt(parsed.value, manifest.id);
  if (externalId === undefined) return malformed(expectedText(manifest.id ?? [], "the id"));
  const order = orderOf(manifest, address, parsed.value);
  if (typeof order === "string") return malformed(order);
  const origin = { connector: name, conversation: address };
  const key = `${name}:${address}`;
  return {
    kind: "accept",
    messages: [{ target: to, key, body: parsed.value, source: name, externalId, origin, ...(order ? { order } : {}) }],
  };
}

function orderOf({ name, seq }: WebhookManifest, address: string, payload: unknown) {
  if (seq === null) return undefined;
  const externalSeq = valueAt(payload, seq.at);
  if (typeof externalSeq !== "number" || !Number.isSafeInteger(externalSeq) || externalSeq < 0) {
    return `${showPointer(seq.at)}: expected the sequence, a whole number`;
  }
  const source = seq.per === "key" ? `${name}:${address}` : name;
  return { source, externalSeq, gapWaitMs: seq.gapWaitMs };
}

/** Characters of a key or an id: they are stored with each message. */
const MAX_LENGTH = 256;

/**
 * A text (1–256 characters), or a whole number as text: a larger one than 2^53 has lost digits by now, and would name
 * another key.
 */
function textAt(payload: unknown, steps: PointerSteps): string | undefined {
  const value = valueAt(payload, steps);
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" && value !== "" && value.length <= MAX_LENGTH ? value : undefined;
}

function expectedText(steps: PointerSteps, what: string): string {
  return `${showPointer(steps)}: expected ${what}, a whole number or a text of 1–${MAX_LENGTH} characters`;
}
