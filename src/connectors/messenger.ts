import { ConfigError, describe } from "../core/index.ts";
import type { MessengerDefinition } from "./connector.ts";
import { type ConnectorOptions, manifestBase } from "./connector-options.ts";
import { deliverySettings, type RateLimit } from "./delivery-options.ts";
import { checkName, checkUrl, type Environment, processEnvironment, Settings } from "./options.ts";

export interface MessengerOptions extends ConnectorOptions {
  /** Default `messenger`: path `/webhooks/messenger`, keys `messenger:…`. A second page needs a name of its own. */
  readonly name?: string;
  /** Sends as the page. Default: `GODWIT_<NAME>_PAGE_ACCESS_TOKEN`. */
  readonly pageAccessToken?: string;
  /** The app's secret, which signs webhooks. Default: `GODWIT_<NAME>_APP_SECRET`. */
  readonly appSecret?: string;
  /** The text you choose and enter beside the webhook's address. Default: `GODWIT_<NAME>_VERIFY_TOKEN`. */
  readonly verifyToken?: string;
  /** Default: `GODWIT_<NAME>_BASE_URL`, else https://graph.facebook.com. */
  readonly baseUrl?: string;
  /** Version of the Graph API. Default `v25.0`. */
  readonly apiVersion?: string;
  /** Keep the provider's event in `message.raw`. Default true. */
  readonly raw?: boolean;
}

/**
 * The Send API takes 300 calls a second and page for text; but past 40 messages a second a page's inbox stops showing
 * and sending them. No figure is published for one thread. Source:
 * https://developers.facebook.com/docs/messenger-platform/overview/rate-limiting
 */
export const MESSENGER_RATE_LIMIT: RateLimit = { overall: { perSecond: 40, burst: 40 } };

/**
 * A Messenger page: events in by webhook, replies out by the Send API.
 * @throws ConfigError for a missing secret, a bad name, address or version; InvalidInputError for a bad duration
 * Source: https://developers.facebook.com/docs/messenger-platform/webhooks
 */
export function messenger(
  options: MessengerOptions,
  environment: Environment = processEnvironment(),
): MessengerDefinition {
  const name = checkName(options.name ?? "messenger");
  const base = manifestBase(name, options);
  const settings = new Settings(name, environment);
  const baseUrl = settings.optional(options.baseUrl, "BASE_URL") ?? "https://graph.facebook.com";
  return {
    kind: "messenger",
    name,
    to: base.to,
    manifest: {
      kind: "messenger",
      ...base,
      appSecret: settings.required(options.appSecret, "appSecret", "APP_SECRET"),
      verifyToken: settings.required(options.verifyToken, "verifyToken", "VERIFY_TOKEN"),
      raw: options.raw ?? true,
    },
    pageAccessToken: settings.required(options.pageAccessToken, "pageAccessToken", "PAGE_ACCESS_TOKEN"),
    baseUrl: checkUrl(baseUrl, `${name}: baseUrl`),
    apiVersion: checkVersion(options.apiVersion ?? "v25.0", name),
    delivery: deliverySettings(options.delivery ?? {}, settings, MESSENGER_RATE_LIMIT),
  };
}

function checkVersion(version: string, name: string): string {
  if (/^v\d+\.\d+$/.test(version)) return version;
  throw new ConfigError(`${name}: apiVersion: expected a version such as "v25.0", received ${describe(version)}`);
}
