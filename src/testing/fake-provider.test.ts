import { expect, test } from "bun:test";
import { FakeProvider } from "./fake-provider.ts";

function post(provider: FakeProvider, body: unknown, key: string): Promise<Response> {
  return fetch(`${provider.url}/bot1:token/sendMessage`, {
    method: "POST",
    headers: { "idempotency-key": key },
    body: JSON.stringify(body),
  });
}

test("records what comes in order, and counts each idempotency key once among the deliveries", async () => {
  await using provider = await FakeProvider.start();
  await post(provider, { chat_id: 7, text: "one" }, "d0-1");
  await post(provider, { chat_id: 7, text: "one" }, "d0-1");
  await post(provider, { chat_id: 7, text: "two" }, "d0-2");
  expect(provider.requests.map((request) => request.idempotencyKey)).toEqual(["d0-1", "d0-1", "d0-2"]);
  expect(provider.textsOf("7")).toEqual(["one", "two"]);
});

test("misbehaves for the requests it was told to, then goes on as usual", async () => {
  await using provider = await FakeProvider.start();
  provider.next({ kind: "throttle", retryAfterSeconds: 3 }, { kind: "fail", status: 502 }, { kind: "drop" });
  const throttled = await post(provider, {}, "a");
  expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "3"]);
  expect((await post(provider, {}, "b")).status).toBe(502);
  const dropped = post(provider, {}, "c").catch(() => "dropped");
  expect(await dropped).toBe("dropped");
  expect((await post(provider, {}, "d")).status).toBe(200);
});

test("tells when so many requests have come, also while it leaves them without an answer", async () => {
  await using provider = await FakeProvider.start();
  provider.usually({ kind: "hang" });
  const abort = new AbortController();
  const hanging = fetch(provider.url, { method: "POST", signal: abort.signal }).catch(() => "aborted");
  expect(await provider.received(1)).toHaveLength(1);
  abort.abort();
  expect(await hanging).toBe("aborted");
});
