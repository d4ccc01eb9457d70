import { ConfigError, type Duration, SECOND, toMs } from "../core/index.ts";
import type { TelegramDefinition } from "./connector.ts";
import { type ConnectorOptions, manifestBase } from "./connector-options.ts";
import { deliverySettings, type RateLimit } from "./delivery-options.ts";
import { checkName, checkUrl, type Environment, processEnvironment, Settings } from "./options.ts";

export interface TelegramOptions extends ConnectorOptions {
  /** Default `telegram`: path `/webhooks/telegram`, keys `telegram:…`. A second bot needs a name of its own. */
  readonly name?: string;
  /** The bot's token, from @BotFather. Default: `GODWIT_<NAME>_TOKEN`. */
  readonly token?: string;
  /** The `secret_token` that was given to `setWebhook`: 1–256 of A-Z a-z 0-9 _ -. Default: `GODWIT_<NAME>_SECRET_TOKEN`. */
  readonly secretToken?: string;
  /** Default: `GODWIT_<NAME>_BASE_URL`, else https://api.telegram.org. */
  readonly baseUrl?: string;
  /**
   * Wait for missing `update_id`s before going on. Default false, see docs/reference/connectors.md: Telegram sends a
   * chat's updates one after the other and waits for each 200, so a chat's order holds without; and a wait would hold
   * up every chat of the bot. Needs `events: "all"`.
   */
  readonly ordered?: boolean;
  /** With `ordered`: how long to wait for a missing update. Default 30 s. */
  readonly gapWait?: Duration;
  /**
   * `messages` (default): messages, edits and pressed buttons; other updates are answered and dropped. `all`: those
   * too, as kind `event`.
   */
  readonly events?: "messages" | "all";
  /** Keep the whole update in `message.raw`. Default true. */
  readonly raw?: boolean;
}

/**
 * 30 messages a second over all chats and 1 a second in a chat, of which short bursts are allowed.
 * Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 */
export const TELEGRAM_RATE_LIMIT: RateLimit = {
  overall: { perSecond: 30, burst: 30 },
  perConversation: { perSecond: 1, burst: 3 },
};

/**
 * A Telegram bot: updates in by webhook, replies out by `sendMessage`.
 * @throws ConfigError for a missing secret, a bad name or address; InvalidInputError for a bad duration
 * Source: https://core.telegram.org/bots/api
 */
export function telegram(
  options: TelegramOptions,
  environment: Environment = processEnvironment(),
): TelegramDefinition {
  const name = checkName(options.name ?? "telegram");
  const base = manifestBase(name, options);
  const settings = new Settings(name, environment);
  const { ordered = false, events = "messages" } = options;
  if (ordered && events !== "all") {
    throw new ConfigError(`${name}: ordered needs events: "all"; an update that is dropped would be waited for`);
  }
  const baseUrl = settings.optional(options.baseUrl, "BASE_URL") ?? "https://api.telegram.org";
  return {
    kind: "telegram",
    name,
    to: base.to,
    manifest: {
      kind: "telegram",
      ...base,
      secretToken: checkSecretToken(settings.required(options.secretToken, "secretToken", "SECRET_TOKEN"), name),
      events,
      gapWaitMs: ordered ? toMs(options.gapWait ?? 30 * SECOND, "gapWait") : null,
      raw: options.raw ?? true,
    },
    token: settings.required(options.token, "token", "TOKEN"),
    baseUrl: checkUrl(baseUrl, `${name}: baseUrl`),
    delivery: deliverySettings(options.delivery ?? {}, settings, TELEGRAM_RATE_LIMIT),
  };
}

function checkSecretToken(secretToken: string, name: string): string {
  if (/^[A-Za-z0-9_-]{1,256}$/.test(secretToken)) return secretToken;
  throw new ConfigError(`${name}: secretToken: expected 1–256 of A-Z a-z 0-9 _ - (Telegram takes no other)`);
}
