import { describe, expect, test } from "bun:test";
import tooMany from "../../test/fixtures/providers/telegram/answer-too-many-requests.json";
import { DAY, HOUR } from "../core/index.ts";
import { openDeliveryDesk } from "../testing/delivery-desk.ts";
import { FakeProvider } from "../testing/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import { telegram } from "./telegram.ts";

const FAST: DeliveryOptions = { rateLimit: false };

function bot(baseUrl: string, delivery: DeliveryOptions = FAST): ConnectorDefinition {
  return telegram({ to: "concierge", token: "1:secret", secretToken: "s", baseUrl, delivery }, {});
}

describe("a delivery", () => {
  test("waits as long as a 429 says, without spending a try", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", ...tooMany });
    const desk = openDeliveryDesk(bot(provider.url));
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
    const desk = openDeliveryDesk(bot(provider.url));
    expect(await desk.send("hi", { ageMs: DAY - 1 })).toMatchObject({ free: true, afterMs: HOUR });
    expect(await desk.send("hi", { ageMs: DAY })).toMatchObject({ free: false, afterMs: HOUR });
  });

  test("is tried again after a 5xx or a cut connection, under the same key", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 502 }, { kind: "drop" });
    const desk = openDeliveryDesk(bot(provider.url));
    expect(await desk.send({ text: "hi" }, { seq: 5 })).toMatchObject({
      kind: "retry",
      free: false,
      error: { code: "delivery_failed", status: 502, retryable: true },
    });
    expect(await desk.send({ text: "hi" }, { seq: 5, attempt: 2 })).toMatchObject({ kind: "retry", free: false });
    expect(await desk.send({ text: "hi" }, { seq: 5, attempt: 3 })).toMatchObject({ kind: "done" });
    expect(provider.requests.map((request) => request.idempotencyKey)).toEqual([
      "store-d3-5",
      "store-d3-5",
      "store-d3-5",
    ]);
    expect(desk.events.map((event) => event.name)).toEqual(["delivery.retrying", "delivery.retrying", "delivery.sent"]);
  });

  test("says so when its last try has failed", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "fail", status: 500 });
    const desk = openDeliveryDesk(bot(provider.url, { ...FAST, attempts: 3 }));
    await desk.send({ text: "hi" }, { attempt: 3 });
    expect(desk.events).toMatchObject([{ name: "delivery.failed", payload: { attempt: 3, code: "delivery_failed" } }]);
  });

  test("gives up a request that gets no answer in time, and tries again", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "hang" });
    const desk = openDeliveryDesk(bot(provider.url, { ...FAST, requestTimeout: "2 s" }));
    const sending = desk.send({ text: "hi" });
    await provider.received(1);
    desk.clock.advance(2_000);
    const outcome = await sending;
    expect(outcome).toMatchObject({ kind: "retry", error: { code: "delivery_failed", status: undefined } });
    expect((outcome as { error: Error }).error.message).toContain("did not answer within 2000 ms");
    expect(desk.clock.pendingTimers).toBe(0);
  });

  test("leaves no request behind when its run is cancelled", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "hang" });
    const desk = openDeliveryDesk(bot(provider.url));
    const cancel = new AbortController();
    const sending = desk.send({ text: "hi" }, { signal: cancel.signal });
    await provider.received(1);
    cancel.abort();
    expect(await sending).toMatchObject({ kind: "retry", free: true });
    expect(desk.clock.pendingTimers).toBe(0);
  });
});

describe("a connector's breaker", () => {
  test("opens after five failures, tries once after its pause, and closes when that works", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "fail", status: 500 });
    const desk = openDeliveryDesk(bot(provider.url));
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
    const desk = openDeliveryDesk(bot(provider.url));
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
    const desk = openDeliveryDesk(bot(provider.url, { rateLimit: { perConversation: rate } }));
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
    const desk = openDeliveryDesk(bot(provider.url, { rateLimit: { overall: { perSecond: 1, burst: 1 } } }));
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
