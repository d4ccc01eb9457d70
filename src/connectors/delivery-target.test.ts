import { describe, expect, test } from "bun:test";
import invalidToken from "../../test/fixtures/providers/messenger/answer-invalid-token.json";
import rateLimit from "../../test/fixtures/providers/messenger/answer-rate-limit.json";
import temporary from "../../test/fixtures/providers/messenger/answer-temporary.json";
import blocked from "../../test/fixtures/providers/telegram/answer-blocked.json";
import tooMany from "../../test/fixtures/providers/telegram/answer-too-many-requests.json";
import { bunHmac } from "../adapters/bun/hmac.ts";
import { DAY, type EventName, Events, HOUR, ManualClock } from "../core/index.ts";
import type { LaneRun, LaneTarget, RunOutcome } from "../lanes/index.ts";
import { encodeMeta } from "../store/index.ts";
import { type Behaviour, FakeProvider } from "../testing/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import { deliveryTarget } from "./delivery-target.ts";
import { messenger } from "./messenger.ts";
import type { Reply } from "./reply.ts";
import { decodeSecret, isSigned, readSignatureHeaders } from "./standard-webhooks.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FAST: DeliveryOptions = { rateLimit: false };

function bot(baseUrl: string, delivery = FAST): ConnectorDefinition {
  return telegram({ to: "concierge", token: "1:secret", secretToken: "s", baseUrl, delivery }, {});
}

function page(baseUrl: string): ConnectorDefinition {
  const secrets = { pageAccessToken: "page&token", appSecret: "s", verifyToken: "v" };
  return messenger({ to: "concierge", ...secrets, baseUrl, apiVersion: "v25.0", delivery: FAST }, {});
}

interface Desk {
  readonly clock: ManualClock;
  readonly target: LaneTarget;
  readonly events: readonly { readonly name: EventName; readonly payload: Readonly<Record<string, unknown>> }[];
  /** Sends one reply; `seq` counts up by itself. */
  send(reply: Reply | string | object, options?: SendOptions): Promise<RunOutcome>;
}

interface SendOptions {
  readonly to?: string;
  readonly seq?: number;
  readonly attempt?: number;
  readonly ageMs?: number;
  readonly signal?: AbortSignal;
}

function open(definition: ConnectorDefinition): Desk {
  const clock = new ManualClock();
  const bus = new Events(() => clock.wallMs());
  const events: { name: EventName; payload: Readonly<Record<string, unknown>> }[] = [];
  bus.onAny((payload, { name }) => events.push({ name, payload: { ...payload } }));
  const target = deliveryTarget(definition, { clock, events: bus, createHmac: bunHmac, random: () => 0.5 });
  let lastSeq = 0;
  return {
    clock,
    target,
    events,
    async send(reply, { to = "42", seq = ++lastSeq, attempt = 1, ageMs = 0, signal } = {}) {
      const run: LaneRun = {
        message: {
          shard: 3,
          stream: "out",
          seq,
          target: definition.name,
          key: `${definition.name}:${to}`,
          body: JSON.stringify(reply),
          meta: encodeMeta({ origin: { connector: definition.name, conversation: to } }),
          acceptedAtMs: clock.wallMs() - ageMs,
        },
        state: undefined,
        attempt,
        signal: signal ?? new AbortController().signal,
        at: () => {},
      };
      return target.run(run);
    },
  };
}

const answering = (status: number, body: unknown): Behaviour => ({ kind: "fail", status, body });

describe("a delivery by Telegram", () => {
  test("is one sendMessage to the chat, with the message's id as its idempotency key", async () => {
    await using provider = await FakeProvider.start();
    const desk = open(bot(provider.url));
    expect(await desk.send({ text: "Welcome!" }, { seq: 9 })).toEqual({ kind: "done", effects: {} });
    const [request] = provider.requests;
    expect(request).toMatchObject({ method: "POST", path: "/bot1:secret/sendMessage", idempotencyKey: "d3-9" });
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
    const desk = open(bot(provider.url));
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
    const desk = open(bot(provider.url));
    const outcome = await desk.send(reply as object);
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
    expect((outcome as { error: Error }).error.message).toContain(message);
    expect(provider.requests).toEqual([]);
    expect(desk.events).toMatchObject([
      { name: "delivery.failed", payload: { code: "delivery_invalid", status: null } },
    ]);
  });

  test("sends the longest text that is allowed", async () => {
    await using provider = await FakeProvider.start();
    expect((await open(bot(provider.url)).send({ text: "x".repeat(4_096) })).kind).toBe("done");
  });

  test("waits as long as a 429 says, without spending a try", async () => {
    await using provider = await FakeProvider.start();
    provider.next(answering(tooMany.status, tooMany.body));
    const desk = open(bot(provider.url));
    const outcome = await desk.send({ text: "hi" });
    expect(outcome).toMatchObject({ kind: "retry", free: true, afterMs: 7_000, error: { status: 429 } });
    expect((outcome as { error: Error }).error.message).toContain("Too Many Requests: retry after 7");
    expect(desk.events).toMatchObject([
      { name: "delivery.retrying", payload: { free: true, afterMs: 7_000, status: 429 } },
    ]);
  });

  test("spends tries on a 429 once it has been patient for a day, and is put off for an hour at most", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "throttle", retryAfterSeconds: 86_400 });
    const desk = open(bot(provider.url));
    expect(await desk.send("hi", { ageMs: DAY - 1 })).toMatchObject({ free: true, afterMs: HOUR });
    expect(await desk.send("hi", { ageMs: DAY })).toMatchObject({ free: false, afterMs: HOUR });
  });

  test("fails for good on another 4xx, with the provider's reason", async () => {
    await using provider = await FakeProvider.start();
    provider.next(answering(blocked.status, blocked.body));
    const desk = open(bot(provider.url));
    const outcome = await desk.send({ text: "hi" });
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_refused", status: 403, retryable: false } });
    expect((outcome as { error: Error }).error.message).toBe(
      "Telegram answered 403: Forbidden: bot was blocked by the user",
    );
    expect(desk.events).toMatchObject([
      { name: "delivery.failed", payload: { code: "delivery_refused", status: 403 } },
    ]);
  });

  test("is tried again after a 5xx, a cut connection or a redirect of the server's making, under the same key", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 502 }, { kind: "drop" });
    const desk = open(bot(provider.url));
    expect(await desk.send({ text: "hi" }, { seq: 5 })).toMatchObject({
      kind: "retry",
      free: false,
      error: { code: "delivery_failed", status: 502, retryable: true },
    });
    expect(await desk.send({ text: "hi" }, { seq: 5, attempt: 2 })).toMatchObject({ kind: "retry", free: false });
    expect(await desk.send({ text: "hi" }, { seq: 5, attempt: 3 })).toMatchObject({ kind: "done" });
    expect(provider.requests.map((request) => request.idempotencyKey)).toEqual(["d3-5", "d3-5", "d3-5"]);
    expect(desk.events.map((event) => event.name)).toEqual(["delivery.retrying", "delivery.retrying", "delivery.sent"]);
  });

  test("says so when its last try has failed", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "fail", status: 500 });
    const desk = open(bot(provider.url, { ...FAST, attempts: 3 }));
    await desk.send({ text: "hi" }, { attempt: 3 });
    expect(desk.events).toMatchObject([{ name: "delivery.failed", payload: { attempt: 3, code: "delivery_failed" } }]);
  });

  test("gives up a request that gets no answer in time, and tries again", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "hang" });
    const desk = open(bot(provider.url, { ...FAST, requestTimeout: "2 s" }));
    const sending = desk.send({ text: "hi" });
    await provider.received(1);
    desk.clock.advance(2_000);
    const outcome = await sending;
    expect(outcome).toMatchObject({ kind: "retry", error: { code: "delivery_failed", status: undefined } });
    expect((outcome as { error: Error }).error.message).toContain("did not answer within 2000 ms");
    expect(desk.clock.pendingTimers).toBe(0);
  });

  test("never shows its token, whatever goes wrong", async () => {
    const provider = await FakeProvider.start();
    const desk = open(bot(provider.url));
    await provider.stop();
    const outcome = await desk.send({ text: "hi" });
    expect(outcome).toMatchObject({ kind: "retry", error: { code: "delivery_failed" } });
    expect(Bun.inspect(outcome)).not.toContain("1:secret");
    expect(Bun.inspect(desk.events)).not.toContain("1:secret");
    expect((outcome as { error: Error }).error.message).toContain("could not be reached");
  });

  test("leaves no request behind when its run is cancelled", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "hang" });
    const desk = open(bot(provider.url));
    const cancel = new AbortController();
    const sending = desk.send({ text: "hi" }, { signal: cancel.signal });
    await provider.received(1);
    cancel.abort();
    expect(await sending).toMatchObject({ kind: "retry", free: true });
    expect(desk.clock.pendingTimers).toBe(0);
  });
});

describe("a delivery by Messenger", () => {
  test("is one call of the Send API, with quick replies for choices", async () => {
    await using provider = await FakeProvider.start();
    const desk = open(page(provider.url));
    await desk.send({ text: "Which?", choices: [{ label: "Tea", value: "t" }] }, { to: "4101582936619" });
    const [request] = provider.requests;
    expect(request?.path).toBe("/v25.0/me/messages?access_token=page%26token");
    expect(request?.body).toEqual({
      recipient: { id: "4101582936619" },
      messaging_type: "RESPONSE",
      message: { text: "Which?", quick_replies: [{ content_type: "text", title: "Tea", payload: "t" }] },
    });
  });

  test.each([
    [{ text: "x".repeat(2_001) }, "at most 2000 characters"],
    [{}, "expected text or an attachment"],
    [{ text: "a", choices: Array.from({ length: 14 }, String) }, "at most 13"],
    [{ text: "a", choices: ["x".repeat(21)] }, "labels of at most 20"],
  ])("that cannot be sent (%#) is dead with a clear reason", async (reply, message) => {
    await using provider = await FakeProvider.start();
    const outcome = await open(page(provider.url)).send(reply);
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
    expect((outcome as { error: Error }).error.message).toContain(message);
  });

  test("reads Meta's error codes, which come with status 400", async () => {
    await using provider = await FakeProvider.start();
    provider.next(...[rateLimit, temporary, invalidToken].map(({ status, body }) => answering(status, body)));
    const desk = open(page(provider.url));
    expect(await desk.send({ text: "hi" })).toMatchObject({ kind: "retry", free: true, afterMs: 30_000 });
    expect(await desk.send({ text: "hi" })).toMatchObject({ kind: "retry", free: false });
    const refused = await desk.send({ text: "hi" });
    expect(refused).toMatchObject({ kind: "dead", error: { code: "delivery_refused" } });
    expect((refused as { error: Error }).error.message).toBe(
      "Messenger answered 400: Invalid OAuth access token. (code 190)",
    );
  });
});

describe("a delivery by a generic webhook", () => {
  test("is signed, and its id and body are the same on every try", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 503 });
    const deliverUrl = `${provider.url}/hook`;
    const desk = open(webhook({ name: "shop", to: "a", key: "/id", secret: SECRET, deliverUrl, delivery: FAST }, {}));
    await desk.send({ total: 7 }, { to: "A7", seq: 1 });
    desk.clock.advance(60_000);
    await desk.send({ total: 7 }, { to: "A7", seq: 1, attempt: 2, ageMs: 60_000 });
    const [first, second] = provider.requests;
    expect(first?.body).toEqual({
      type: "reply",
      timestamp: "2026-01-01T00:00:00.000Z",
      data: { to: "A7", reply: { total: 7 } },
    });
    expect(second?.rawBody).toBe(first?.rawBody as string);
    expect([first?.headers["webhook-id"], second?.headers["webhook-id"]]).toEqual(["d3-1", "d3-1"]);
    for (const request of provider.requests) {
      const headers = readSignatureHeaders(new Headers(request.headers));
      if (typeof headers === "string") throw new Error(headers);
      const hmac = bunHmac(decodeSecret(SECRET) as Uint8Array<ArrayBuffer>);
      expect(await isSigned(headers, new TextEncoder().encode(request.rawBody), [hmac])).toBe(true);
    }
  });

  test("honours Retry-After of a 503, as a failed try", async () => {
    await using provider = await FakeProvider.start();
    const definition = webhook({ name: "shop", to: "a", key: "/id", secret: SECRET, deliverUrl: provider.url }, {});
    const fetch = async () => new Response("later", { status: 503, headers: { "retry-after": "120" } });
    const target = deliveryTarget(definition, { events: new Events(), fetch });
    const outcome = await target.run({
      message: {
        shard: 0,
        stream: "out",
        seq: 1,
        target: "shop",
        key: "shop:1",
        body: "{}",
        meta: encodeMeta({ origin: { connector: "shop", conversation: "1" } }),
        acceptedAtMs: Date.now(),
      },
      state: undefined,
      attempt: 1,
      signal: new AbortController().signal,
      at: () => {},
    });
    expect(outcome).toMatchObject({ kind: "retry", free: false, afterMs: 120_000 });
  });

  test("does not follow a redirect", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 302 });
    const desk = open(webhook({ name: "shop", to: "a", key: "/id", secret: SECRET, deliverUrl: provider.url }, {}));
    expect(await desk.send({})).toMatchObject({ kind: "dead", error: { code: "delivery_refused", status: 302 } });
    expect(provider.requests).toHaveLength(1);
  });

  test("without an address is dead", async () => {
    const desk = open(webhook({ name: "shop", to: "a", key: "/id", secret: SECRET }, {}));
    expect(await desk.send({})).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
  });
});

describe("a connector's breaker", () => {
  test("opens after five failures, tries once after its pause, and closes when that works", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "fail", status: 500 });
    const desk = open(bot(provider.url));
    for (let i = 0; i < 5; i++) expect(await desk.send("hi")).toMatchObject({ kind: "retry", free: false });
    expect(await desk.send("hi")).toMatchObject({ kind: "retry", free: true, afterMs: 5_500 });
    expect(provider.requests).toHaveLength(5);

    provider.usually({ kind: "accept" });
    desk.clock.advance(5_000);
    const [probe, other] = await Promise.all([desk.send("hi"), desk.send("hi", { to: "43" })]);
    expect(probe).toMatchObject({ kind: "done" });
    expect(other).toMatchObject({ kind: "retry", free: true, afterMs: 1_500 });
    expect(await desk.send("hi")).toMatchObject({ kind: "done" });
    const breaker = desk.events.filter((event) => event.name.startsWith("breaker."));
    const about = { connector: "telegram", destination: provider.url };
    expect(breaker).toEqual([
      { name: "breaker.opened", payload: { ...about, forMs: 5_000 } },
      { name: "breaker.half-opened", payload: about },
      { name: "breaker.closed", payload: about },
    ]);
  });

  test("does not mind messages that are refused or throttled", async () => {
    await using provider = await FakeProvider.start();
    const desk = open(bot(provider.url));
    provider.usually({ kind: "fail", status: 400 });
    for (let i = 0; i < 10; i++) expect((await desk.send("hi")).kind).toBe("dead");
    provider.usually({ kind: "throttle", retryAfterSeconds: 1 });
    for (let i = 0; i < 10; i++) expect(await desk.send("hi")).toMatchObject({ error: { status: 429 } });
    expect(desk.events.some((event) => event.name === "breaker.opened")).toBe(false);
  });
});

describe("a connector's rate limit", () => {
  test("is waited for inside the run while that takes a second at most, else by a retry that costs no try", async () => {
    await using provider = await FakeProvider.start();
    const rate = { perSecond: 1, burst: 1 };
    const desk = open(bot(provider.url, { rateLimit: { perConversation: rate } }));
    expect((await desk.send("one")).kind).toBe("done");
    const second = desk.send("two");
    await Promise.resolve();
    expect(await desk.send("three")).toMatchObject({ kind: "retry", free: true, afterMs: 2_000 });
    expect((await desk.send("elsewhere", { to: "43" })).kind).toBe("done");
    expect(provider.requests).toHaveLength(2);
    desk.clock.advance(1_000);
    expect((await second).kind).toBe("done");
    expect(provider.textsOf("42")).toEqual(["one", "two"]);
    expect(desk.events.at(-1)).toMatchObject({ name: "delivery.sent", payload: { ms: 1_000 } });
  });

  test("frees the breaker's place when the run is cancelled while it waits", async () => {
    await using provider = await FakeProvider.start();
    const desk = open(bot(provider.url, { rateLimit: { overall: { perSecond: 1, burst: 1 } } }));
    await desk.send("one");
    const cancel = new AbortController();
    const waiting = desk.send("two", { signal: cancel.signal });
    await Promise.resolve();
    cancel.abort();
    expect(await waiting).toMatchObject({ kind: "retry", free: true });
    expect(provider.requests).toHaveLength(1);
    expect(desk.clock.pendingTimers).toBe(0);
  });
});
