import { describe, expect, test } from "bun:test";
import callback from "../../test/fixtures/providers/telegram/callback-query.json";
import callbackInline from "../../test/fixtures/providers/telegram/callback-query-inline.json";
import edited from "../../test/fixtures/providers/telegram/edited-message.json";
import photo from "../../test/fixtures/providers/telegram/message-photo.json";
import text from "../../test/fixtures/providers/telegram/message-text.json";
import member from "../../test/fixtures/providers/telegram/my-chat-member.json";
import poll from "../../test/fixtures/providers/telegram/poll.json";
import { toManifest } from "./connector.ts";
import { createDoor } from "./create-door.ts";
import type { DoorOutcome, InboundMessage } from "./inbound-door.ts";
import type { ChatMessage } from "./message.ts";
import { type TelegramOptions, telegram } from "./telegram.ts";

const SECRET = "hook_Secret-1";

function open(options: Partial<TelegramOptions> = {}) {
  const definition = telegram({ to: { name: "concierge" }, token: "1:token", secretToken: SECRET, ...options }, {});
  // Through JSON, as it goes to a gateway.
  return createDoor(JSON.parse(JSON.stringify(toManifest(definition))));
}

interface Post {
  readonly method?: string;
  readonly secret?: string | null;
  readonly raw?: Uint8Array;
}

async function post(
  door: ReturnType<typeof open>,
  body: unknown,
  { method = "POST", secret = SECRET, raw }: Post = {},
) {
  const headers = new Headers(secret === null ? {} : { "X-Telegram-Bot-Api-Secret-Token": secret });
  const rawBody = raw ?? new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  return door.handle({ method, url: "http://localhost/webhooks/telegram", headers, rawBody });
}

function only(outcome: DoorOutcome): InboundMessage & { readonly body: ChatMessage } {
  if (outcome.kind !== "accept") throw new Error(`expected an accepted message, received ${JSON.stringify(outcome)}`);
  expect(outcome.messages).toHaveLength(1);
  return outcome.messages[0] as InboundMessage & { readonly body: ChatMessage };
}

describe("Telegram's door", () => {
  test("reads a text message for the actor of its chat, once by its update_id", async () => {
    expect(only(await post(open(), text.body))).toEqual({
      target: "concierge",
      key: "telegram:1111111",
      source: "telegram",
      externalId: "10000",
      origin: { connector: "telegram", conversation: "1111111" },
      body: {
        kind: "message",
        id: "1365",
        text: "/start",
        attachments: [],
        from: { id: "1111111", name: "Test Firstname Test Lastname", language: "en" },
        at: 1_441_645_532_000,
        raw: text.body,
      },
    });
  });

  test("reads a picture's caption as its text, and its largest size as the attachment, in the group's conversation", async () => {
    const { key, body } = only(await post(open({ raw: false }), photo.body));
    expect(key).toBe("telegram:-1001234567890");
    expect(body).toMatchObject({ text: "My receipt", attachments: [{ type: "photo", ref: "AgACAgQAAx-large" }] });
    expect("raw" in body).toBe(false);
  });

  test("tells an edit from a new message", async () => {
    expect(only(await post(open(), edited.body)).body).toMatchObject({ kind: "edit", id: "1365", text: "Edited text" });
  });

  test("reads a pressed button as a choice with its label, and stops its spinner in the answer", async () => {
    const outcome = await post(open(), callback.body);
    expect(only(outcome).body).toMatchObject({ kind: "choice", choice: "order:dinner", text: "Dinner" });
    expect(only(outcome).key).toBe("telegram:1111111");
    expect(outcome).toMatchObject({ reply: { contentType: "application/json" } });
    expect(JSON.parse((outcome as { reply: { body: string } }).reply.body)).toEqual({
      method: "answerCallbackQuery",
      callback_query_id: "4382bfdwdsb323b2d9",
    });
  });

  test("takes a button of an inline message to the conversation with whoever pressed it", async () => {
    const { key, body } = only(await post(open(), callbackInline.body));
    expect(key).toBe("telegram:1111111");
    expect(body).toMatchObject({
      kind: "choice",
      choice: "Data from button callback",
      text: "Data from button callback",
    });
  });

  test("answers other updates with 200 and writes nothing", async () => {
    expect(await post(open(), member.body)).toMatchObject({ kind: "answer", status: 200, ignored: "my_chat_member" });
    expect(await post(open(), { update_id: 1 })).toMatchObject({ kind: "answer", status: 200 });
    expect(await post(open(), { update_id: 1, tomorrow: { x: 1 } })).toMatchObject({ ignored: "tomorrow" });
  });

  test("takes every update with events: all, those without a chat too", async () => {
    const door = open({ events: "all" });
    expect(only(await post(door, member.body))).toMatchObject({
      key: "telegram:1111111",
      body: { kind: "event", event: "my_chat_member" },
    });
    const polled = only(await post(door, poll.body));
    expect(polled).toMatchObject({ key: "telegram:bot", body: { kind: "event", event: "poll", id: "5373" } });
    expect(polled.origin).toBeUndefined();
    expect(only(await post(door, { update_id: 1 })).body.kind).toBe("event");
  });

  test("numbers updates only when asked to", async () => {
    expect(only(await post(open(), text.body)).order).toBeUndefined();
    const ordered = open({ ordered: true, events: "all", gapWait: "5 s" });
    expect(only(await post(ordered, text.body)).order).toEqual({
      source: "telegram",
      externalSeq: 10000,
      gapWaitMs: 5_000,
    });
  });

  test("goes by the connector's name, so that two bots never meet", async () => {
    const door = open({ name: "sales" });
    expect(door.path).toBe("/webhooks/sales");
    expect(only(await post(door, text.body))).toMatchObject({ key: "sales:1111111", source: "sales" });
  });

  test.each([
    ["no secret", null, "expected the header"],
    ["a wrong secret", "hook_Secret-2", "not the token given to setWebhook"],
    ["a prefix of the secret", "hook_Secret-", "not the token given to setWebhook"],
  ])("refuses a request with %s: 401", async (_what, secret, message) => {
    const outcome = await post(open(), text.body, { secret });
    expect(outcome).toMatchObject({ kind: "refuse", status: 401, code: "bad_signature" });
    expect(outcome).toMatchObject({ message: expect.stringContaining(message) });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  test.each([
    ["{", "body: expected JSON"],
    ["[]", "body: expected an Update object"],
    ["null", "body: expected an Update object"],
    ['{"message":{}}', "update_id: expected a whole number"],
    ['{"update_id":"10000"}', "update_id: expected a whole number"],
    ['{"update_id":1,"message":{"text":"hi"}}', "message.chat.id: expected a number"],
    ['{"update_id":1,"callback_query":{"id":"1"}}', "callback_query: expected an id and a from.id"],
  ])("refuses %s with what was expected: 400", async (body, message) => {
    const outcome = await post(open(), body);
    expect(outcome).toMatchObject({ kind: "refuse", status: 400, code: "malformed" });
    expect(outcome).toMatchObject({ message: expect.stringContaining(message) });
  });

  test("refuses bytes that are no UTF-8: 400", async () => {
    const outcome = await post(open(), "", { raw: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) });
    expect(outcome).toMatchObject({ status: 400, code: "malformed" });
  });

  test("refuses an oversized body before it looks at the secret: 413", async () => {
    const outcome = await post(open({ maxBodyBytes: 10 }), text.body, { secret: null });
    expect(outcome).toMatchObject({ kind: "refuse", status: 413, code: "too_large" });
  });

  test("refuses another method: 405", async () => {
    expect(await post(open(), text.body, { method: "GET" })).toMatchObject({ status: 405, code: "method_not_allowed" });
  });
});
