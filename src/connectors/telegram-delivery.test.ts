import { describe, expect, test } from "bun:test";
import blocked from "../../test/fixtures/providers/telegram/answer-blocked.json";
import { openDeliveryDesk } from "../testing/delivery-desk.ts";
import { FakeProvider } from "../testing/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { telegram } from "./telegram.ts";

function bot(baseUrl: string): ConnectorDefinition {
  return telegram(
    { to: "concierge", token: "1:secret", secretToken: "s", baseUrl, delivery: { rateLimit: false } },
    {},
  );
}

describe("a delivery by Telegram", () => {
  test("is one sendMessage to the chat, with the store's and the message's id as its idempotency key", async () => {
    await using provider = await FakeProvider.start();
    const desk = openDeliveryDesk(bot(provider.url));
    expect(await desk.send({ text: "Welcome!" }, { seq: 9 })).toEqual({ kind: "done", effects: {} });
    const [request] = provider.requests;
    expect(request).toMatchObject({ method: "POST", path: "/bot1:secret/sendMessage", idempotencyKey: "store-d3-9" });
    expect(request?.body).toEqual({ chat_id: 42, text: "Welcome!" });
    expect(desk.events).toEqual([
      {
        name: "delivery.sent",
        payload: { connector: "telegram", key: "telegram:42", id: "d3-9", status: 200, attempt: 1, ms: 0 },
      },
    ]);
  });

  test("shows choices as an inline keyboard, and passes further fields and methods on", async () => {
    await using provider = await FakeProvider.start();
    const desk = openDeliveryDesk(bot(provider.url));
    await desk.send({ text: "*Which?*", choices: ["Tea", { label: "Coffee", value: "c" }], parse_mode: "MarkdownV2" });
    await desk.send({ method: "sendPhoto", photo: "https://example.com/p.jpg" }, { to: "@channel" });
    expect(provider.requests.map((request) => [request.path, request.body])).toEqual([
      [
        "/bot1:secret/sendMessage",
        {
          chat_id: 42,
          text: "*Which?*",
          parse_mode: "MarkdownV2",
          reply_markup: {
            inline_keyboard: [[{ text: "Tea", callback_data: "Tea" }], [{ text: "Coffee", callback_data: "c" }]],
          },
        },
      ],
      ["/bot1:secret/sendPhoto", { chat_id: "@channel", photo: "https://example.com/p.jpg" }],
    ]);
  });

  test.each([
    [{ text: "x".repeat(4_097) }, "at most 4096 characters"],
    [{ text: "" }, "expected text"],
    [{}, "expected text"],
    [7, "reply: expected { text, choices? }"],
    [{ text: 7 }, "reply.text: expected text"],
    [{ text: "a", choices: [1] }, "reply.choices: expected a list"],
    [{ text: "a", choices: ["x".repeat(65)] }, "values of 1–64 bytes"],
    [{ method: "../deleteWebhook", text: "a" }, "reply.method: expected"],
  ])("that cannot be sent (%#) is dead with a clear reason, and nothing is sent", async (reply, message) => {
    await using provider = await FakeProvider.start();
    const desk = openDeliveryDesk(bot(provider.url));
    const outcome = await desk.send(reply as object);
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
    expect((outcome as { error: Error }).error.message).toContain(message);
    expect(provider.requests).toEqual([]);
    expect(desk.events).toMatchObject([
      { name: "delivery.failed", payload: { code: "delivery_invalid", status: null } },
    ]);
  });

  test("leaves the length of a text with markup to Telegram, which counts what is left of it", async () => {
    await using provider = await FakeProvider.start();
    const reply = { text: `<b>${"x".repeat(4_096)}</b>`, parse_mode: "HTML" };
    expect((await openDeliveryDesk(bot(provider.url)).send(reply)).kind).toBe("done");
  });

  test("sends the longest text that is allowed", async () => {
    await using provider = await FakeProvider.start();
    expect((await openDeliveryDesk(bot(provider.url)).send({ text: "x".repeat(4_096) })).kind).toBe("done");
  });

  test("fails for good on another 4xx, with the provider's reason", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", ...blocked });
    const desk = openDeliveryDesk(bot(provider.url));
    const outcome = await desk.send({ text: "hi" });
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_refused", status: 403, retryable: false } });
    expect((outcome as { error: Error }).error.message).toBe(
      "Telegram answered 403: Forbidden: bot was blocked by the user",
    );
    expect(desk.events).toMatchObject([
      { name: "delivery.failed", payload: { code: "delivery_refused", status: 403 } },
    ]);
  });

  test("never shows the reply, also where it is wrong", async () => {
    await using provider = await FakeProvider.start();
    const desk = openDeliveryDesk(bot(provider.url));
    for (const reply of [["private"], { text: ["private"] }, { text: "private", choices: ["private", 1] }]) {
      expect(Bun.inspect(await desk.send(reply))).not.toContain("private");
    }
    expect(desk.events).toHaveLength(3);
    expect(Bun.inspect(desk.events)).not.toContain("private");
  });

  test("never shows its token, whatever goes wrong", async () => {
    const provider = await FakeProvider.start();
    const desk = openDeliveryDesk(bot(provider.url));
    await provider.stop();
    const outcome = await desk.send({ text: "hi" });
    expect(outcome).toMatchObject({ kind: "retry", error: { code: "delivery_failed" } });
    expect(Bun.inspect(outcome)).not.toContain("1:secret");
    expect(Bun.inspect(desk.events)).not.toContain("1:secret");
    expect((outcome as { error: Error }).error.message).toContain("could not be reached");
  });
});
