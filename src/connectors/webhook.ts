import { ConfigError, type Duration, MINUTE, SECOND, toMs } from "../core/index.ts";
import type { WebhookDefinition, WebhookManifest } from "./connector.ts";
import { type ConnectorOptions, manifestBase } from "./connector-options.ts";
import { deliverySettings } from "./delivery-options.ts";
import { parsePointer } from "./json-pointer.ts";
import { checkName, checkUrl, type Environment, processEnvironment, Settings } from "./options.ts";
import { decodeSecret } from "./standard-webhooks.ts";

export interface WebhookOptions extends ConnectorOptions {
  /** Path `/webhooks/<name>`, keys `<name>:…`. */
  readonly name: string;
  /** Where the payload says whose it is: a JSON pointer (`/order/id`) or a path (`order.id`) to a text or number. */
  readonly key: string;
  /**
   * The signing secret, `whsec_` and base64; several, separated by spaces or in a list, while one is being replaced.
   * The first signs replies. Default: `GODWIT_<NAME>_SECRET`.
   */
  readonly secret?: string | readonly string[];
  /** How far `webhook-timestamp` may lie from now. Default 5 minutes. */
  readonly tolerance?: Duration;
  /** Where the payload holds its unique id. Default: the header `webhook-id`. */
  readonly id?: string;
  /**
   * Where the payload holds a number that the source counts up by one: messages are processed in that order. A place
   * alone counts within a key; `per: "connector"` counts over all. A gap is waited for, at most `gapWait` (default 30
   * s).
   */
  readonly seq?: string | { readonly at: string; readonly per?: "key" | "connector"; readonly gapWait?: Duration };
  /**
   * Where replies are posted, signed the same way. Default: `GODWIT_<NAME>_DELIVER_URL`; without it a reply becomes a
   * dead letter.
   */
  readonly deliverUrl?: string;
}

/**
 * A signed JSON webhook of your own or of any sender that follows Standard Webhooks 1.0 (https://www.standardwebhooks.com).
 * @throws ConfigError for a missing or bad secret, name, place or address; InvalidInputError for a bad duration
 */
export function webhook(options: WebhookOptions, environment: Environment = processEnvironment()): WebhookDefinition {
  const name = checkName(options.name);
  const base = manifestBase(name, options);
  const settings = new Settings(name, environment);
  const given = typeof options.secret === "object" ? options.secret.join(" ") : options.secret;
  const secrets = settings.required(given, "secret", "SECRET").trim().split(/\s+/);
  const deliverUrl = settings.optional(options.deliverUrl, "DELIVER_URL");
  return {
    kind: "webhook",
    name,
    to: base.to,
    manifest: {
      kind: "webhook",
      ...base,
      secrets: secrets.map((secret) => checkSecret(secret, name)),
      toleranceMs: toMs(options.tolerance ?? 5 * MINUTE, `${name}: tolerance`),
      key: parsePointer(options.key, `${name}: key`),
      id: options.id === undefined ? null : parsePointer(options.id, `${name}: id`),
      seq: sequence(options.seq, name),
    },
    deliverUrl: deliverUrl === undefined ? null : checkUrl(deliverUrl, `${name}: deliverUrl`),
    delivery: deliverySettings(options.delivery ?? {}, settings, {}),
  };
}

function sequence(seq: WebhookOptions["seq"], name: string): WebhookManifest["seq"] {
  if (seq === undefined) return null;
  const { at, per = "key", gapWait = 30 * SECOND } = typeof seq === "string" ? { at: seq } : seq;
  return { at: parsePointer(at, `${name}: seq`), per, gapWaitMs: toMs(gapWait, `${name}: seq.gapWait`) };
}

function checkSecret(secret: string, name: string): string {
  if (decodeSecret(secret)) return secret;
  throw new ConfigError(`${name}: secret: expected whsec_ and base64 of at least 24 bytes`);
}
