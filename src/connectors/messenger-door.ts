import type { MessengerManifest } from "./connector.ts";
import {
  badSignature,
  type DoorOutcome,
  type InboundDoor,
  type InboundMessage,
  ignore,
  malformed,
  parseJson,
  refuseByForm,
  type WebhookRequest,
} from "./inbound-door.ts";
import { isRecord } from "./json.ts";
import { readEvent } from "./messenger-event.ts";
import { type CreateHmac, equalInConstantTime, fromHex, type Hmac, utf8 } from "./signature.ts";

/** What `object` says in webhooks of the Messenger Platform: a page's conversations, or an Instagram account's. */
const OBJECTS: ReadonlySet<unknown> = new Set(["page", "instagram"]);

/** The entrance for a page's events. Source: https://developers.facebook.com/docs/messenger-platform/webhooks */
export function messengerDoor(manifest: MessengerManifest, createHmac: CreateHmac): InboundDoor {
  const hmac = createHmac(utf8(manifest.appSecret));
  return {
    connector: manifest.name,
    path: manifest.path,
    maxBodyBytes: manifest.maxBodyBytes,
    handle(request: WebhookRequest): DoorOutcome | Promise<DoorOutcome> {
      if (request.method === "GET") return verifySubscription(manifest, request.url);
      const refusal = refuseByForm(request, manifest.maxBodyBytes);
      if (refusal) return refusal;
      return verified(request, hmac, () => admit(manifest, request.rawBody));
    },
  };
}

/** Meta asks once, when the webhook's address is entered: answer with its challenge. */
function verifySubscription(manifest: MessengerManifest, url: string): DoorOutcome {
  const query = new URL(url, "http://localhost").searchParams;
  const challenge = query.get("hub.challenge");
  if (query.get("hub.mode") !== "subscribe" || challenge === null) {
    return malformed("query: expected hub.mode=subscribe, hub.verify_token and hub.challenge");
  }
  if (!equalInConstantTime(utf8(query.get("hub.verify_token") ?? ""), utf8(manifest.verifyToken))) {
    return { kind: "refuse", status: 403, code: "bad_signature", message: "hub.verify_token is not this webhook's" };
  }
  return { kind: "answer", status: 200, reply: { contentType: "text/plain; charset=utf-8", body: challenge } };
}

/** Checks `X-Hub-Signature-256: sha256=<hex>` over the raw body, then goes on. Sync with a sync hasher. */
function verified(request: WebhookRequest, hmac: Hmac, next: () => DoorOutcome): DoorOutcome | Promise<DoorOutcome> {
  const header = request.headers.get("x-hub-signature-256");
  const presented = header?.startsWith("sha256=") ? fromHex(header.slice("sha256=".length)) : undefined;
  if (!presented) return badSignature("expected the header X-Hub-Signature-256: sha256=<hex>");
  const judge = (expected: Uint8Array): DoorOutcome =>
    equalInConstantTime(presented, expected)
      ? next()
      : badSignature("X-Hub-Signature-256 does not match the body under the app's secret");
  const expected = hmac(request.rawBody);
  return expected instanceof Promise ? expected.then(judge) : judge(expected);
}

/** A batch, taken whole or not at all: its messages are appended together, in the order they came in. */
function admit(manifest: MessengerManifest, rawBody: Uint8Array): DoorOutcome {
  const parsed = parseJson(rawBody);
  if ("refusal" in parsed) return parsed.refusal;
  const body = parsed.value;
  if (!isRecord(body) || !OBJECTS.has(body.object)) return malformed('object: expected "page" or "instagram"');
  if (!Array.isArray(body.entry)) return malformed("entry: expected a list");

  const messages: InboundMessage[] = [];
  const ignored = new Set<string>();
  for (const [at, event] of eventsOf(body.entry)) {
    const read = readEvent(event, at, manifest.raw);
    if (read.kind === "malformed") return malformed(read.expected);
    if (read.kind === "ignored") ignored.add(read.reason);
    else messages.push(toInbound(manifest, read));
  }
  return messages.length > 0 ? { kind: "accept", messages } : ignore([...ignored].join(", ") || "no events");
}

/**
 * Each event with its place, or what stands where an entry should. Entries without `messaging` (`standby`, `changes`) are
 * not for us.
 */
function* eventsOf(entries: readonly unknown[]): Generator<readonly [at: string, event: unknown]> {
  for (const [i, entry] of entries.entries()) {
    if (!isRecord(entry)) yield [`entry[${i}]`, entry];
    else if (Array.isArray(entry.messaging)) {
      for (const [j, event] of entry.messaging.entries()) yield [`entry[${i}].messaging[${j}]`, event];
    }
  }
}

function toInbound(
  manifest: MessengerManifest,
  { person, externalId, message }: Extract<ReturnType<typeof readEvent>, { kind: "message" }>,
): InboundMessage {
  const { name, to } = manifest;
  return {
    target: to,
    key: `${name}:${person}`,
    body: message,
    source: name,
    externalId,
    origin: { connector: name, conversation: person },
  };
}
