import { describe, expect, test } from "bun:test";
import { ConfigError } from "../core/index.ts";
import { toManifest } from "./connector.ts";
import { MESSENGER_RATE_LIMIT, TELEGRAM_RATE_LIMIT, telegram, webhook } from "./index.ts";
import { messenger } from "./messenger.ts";

const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("a connector's definition", () => {
  test("takes secrets and addresses from the environment, by documented names", () => {
    const fromTelegram = telegram(
      { to: "a" },
      {
        GODWIT_TELEGRAM_TOKEN: "1:t",
        GODWIT_TELEGRAM_SECRET_TOKEN: "s",
        GODWIT_TELEGRAM_BASE_URL: "http://127.0.0.1:9/",
      },
    );
    expect(fromTelegram).toMatchObject({ token: "1:t", baseUrl: "http://127.0.0.1:9", manifest: { secretToken: "s" } });
    const fromMessenger = messenger(
      { to: "a" },
      {
        GODWIT_MESSENGER_PAGE_ACCESS_TOKEN: "p",
        GODWIT_MESSENGER_APP_SECRET: "s",
        GODWIT_MESSENGER_VERIFY_TOKEN: "v",
      },
    );
    expect(fromMessenger).toMatchObject({
      pageAccessToken: "p",
      baseUrl: "https://graph.facebook.com",
      manifest: { appSecret: "s", verifyToken: "v" },
    });
    const fromWebhook = webhook(
      { name: "my-shop", to: "a", key: "/id" },
      { GODWIT_MY_SHOP_SECRET: WEBHOOK_SECRET, GODWIT_MY_SHOP_DELIVER_URL: "https://shop.example/hook" },
    );
    expect(fromWebhook).toMatchObject({
      deliverUrl: "https://shop.example/hook",
      manifest: { secrets: [WEBHOOK_SECRET] },
    });
  });

  test.each([
    [() => telegram({ to: "a", secretToken: "s" }, {}), "telegram: token is missing", "GODWIT_TELEGRAM_TOKEN"],
    [() => telegram({ to: "a", token: "t" }, {}), "telegram: secretToken is missing", "GODWIT_TELEGRAM_SECRET_TOKEN"],
    [
      () => messenger({ to: "a", verifyToken: "v", pageAccessToken: "p" }, { GODWIT_MESSENGER_APP_SECRET: "" }),
      "messenger: appSecret is missing",
      "GODWIT_MESSENGER_APP_SECRET",
    ],
    [() => webhook({ name: "shop", to: "a", key: "k" }, {}), "shop: secret is missing", "GODWIT_SHOP_SECRET"],
  ])("that lacks a secret is refused, naming the option and the variable", (define, option, variable) => {
    expect(define).toThrow(ConfigError);
    expect(define).toThrow(option);
    expect(define).toThrow(variable);
  });

  const secrets = { token: "1:secret-token", secretToken: "s" };
  test.each([
    [() => telegram({ to: "a", name: "Bot 1", ...secrets }, {}), "connector name: expected"],
    [() => telegram({ to: "a", ...secrets, secretToken: "what?" }, {}), "secretToken: expected 1–256"],
    [() => telegram({ to: "a", ...secrets, baseUrl: "localhost:1" }, {}), "baseUrl: expected"],
    [() => telegram({ to: "a", ...secrets, path: "hook" }, {}), 'path: expected one such as "/webhooks/telegram"'],
    [() => telegram({ to: "a", ...secrets, maxBodyBytes: 0 }, {}), "maxBodyBytes: expected"],
    [() => telegram({ to: "a", ...secrets, ordered: true }, {}), 'ordered needs events: "all"'],
    [() => telegram({ to: "a", ...secrets, delivery: { attempts: 0 } }, {}), "delivery.attempts: expected"],
    [
      () => telegram({ to: "a", ...secrets, delivery: { rateLimit: { overall: { perSecond: 0, burst: 1 } } } }, {}),
      "delivery.rateLimit.overall: expected",
    ],
    [() => webhook({ name: "shop", to: "a", key: "k", secret: "hunter2" }, {}), "secret: expected whsec_"],
    [() => webhook({ name: "shop", to: "a", key: "a..b", secret: WEBHOOK_SECRET }, {}), "key: expected a JSON pointer"],
    [() => webhook({ name: "shop", to: "a", key: "/a~2", secret: WEBHOOK_SECRET }, {}), "key: ~ stands for itself"],
  ])("with a wrong option is refused with what was expected, and without showing a secret", (define, message) => {
    expect(define).toThrow(message);
    expect(define).not.toThrow("hunter2");
  });

  test("of another name has variables of its own", () => {
    const environment = { GODWIT_NIGHT_DESK_TOKEN: "2:t", GODWIT_NIGHT_DESK_SECRET_TOKEN: "s" };
    expect(telegram({ to: "a", name: "night-desk" }, environment).token).toBe("2:t");
  });

  test("gives the gateway what verifies, and nothing that sends", () => {
    const manifest = JSON.stringify(toManifest(telegram({ to: { name: "concierge" }, ...secrets }, {})));
    expect(JSON.parse(manifest)).toMatchObject({ kind: "telegram", to: "concierge", path: "/webhooks/telegram" });
    expect(manifest).not.toContain("secret-token");
  });

  test("keeps to the providers' published limits unless told otherwise", () => {
    expect(telegram({ to: "a", ...secrets }, {}).delivery.rateLimit).toEqual(TELEGRAM_RATE_LIMIT);
    expect(telegram({ to: "a", ...secrets, delivery: { rateLimit: false } }, {}).delivery.rateLimit).toEqual({});
    const at = (limit: string) =>
      telegram({ to: "a", ...secrets }, { GODWIT_TELEGRAM_RATE_LIMIT: limit }).delivery.rateLimit;
    expect(at("off")).toEqual({});
    expect(at("100")).toEqual({ overall: { perSecond: 100, burst: 100 } });
    expect(() => at("fast")).toThrow("GODWIT_TELEGRAM_RATE_LIMIT: expected off or a number");
    const page = messenger({ to: "a", pageAccessToken: "p", appSecret: "s", verifyToken: "v" }, {});
    expect(page.delivery.rateLimit).toEqual(MESSENGER_RATE_LIMIT);
  });
});
