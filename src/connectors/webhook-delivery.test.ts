import { describe, expect, test } from "bun:test";
import { bunHmac } from "../adapters/bun/hmac.ts";
import { openDeliveryDesk } from "../testing/delivery-desk.ts";
import { FakeProvider } from "../testing/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { decodeSecret, isSigned, readSignatureHeaders } from "./standard-webhooks.ts";
import { webhook } from "./webhook.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function shop(deliverUrl?: string): ConnectorDefinition {
  return webhook({ name: "shop", to: "a", key: "/id", secret: SECRET, ...(deliverUrl ? { deliverUrl } : {}) }, {});
}

describe("a delivery by a generic webhook", () => {
  test("is signed, and its id and body are the same on every try", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 503 });
    const desk = openDeliveryDesk(shop(`${provider.url}/hook`));
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
    expect([first?.headers["webhook-id"], second?.headers["webhook-id"]]).toEqual(["store-d3-1", "store-d3-1"]);
    for (const request of provider.requests) {
      const headers = readSignatureHeaders(new Headers(request.headers));
      if (typeof headers === "string") throw new Error(headers);
      const hmac = bunHmac(decodeSecret(SECRET) as Uint8Array<ArrayBuffer>);
      expect(await isSigned(headers, new TextEncoder().encode(request.rawBody), [hmac])).toBe(true);
    }
  });

  test("honours Retry-After of a 503, as seconds or a date, as a failed try", async () => {
    const definition = shop("https://shop.example/hook");
    const waits: Readonly<Record<string, number>> = { "120": 120_000, "Thu, 01 Jan 2026 00:01:00 GMT": 60_000 };
    for (const [retryAfter, afterMs] of Object.entries(waits)) {
      const fetch = async () => new Response("later", { status: 503, headers: { "retry-after": retryAfter } });
      expect(await openDeliveryDesk(definition, { fetch }).send({})).toMatchObject({
        kind: "retry",
        free: false,
        afterMs,
      });
    }
  });

  test("reads no more of an endless answer than it needs", async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_024).fill(46)) });
    const fetch = async () => new Response(endless, { status: 400 });
    const outcome = await openDeliveryDesk(shop("https://shop.example/hook"), { fetch }).send({});
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_refused" } });
    expect((outcome as { error: Error }).error.message.length).toBeLessThan(300);
  });

  test("does not follow a redirect", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", status: 302 });
    const desk = openDeliveryDesk(shop(provider.url));
    expect(await desk.send({})).toMatchObject({ kind: "dead", error: { code: "delivery_refused", status: 302 } });
    expect(provider.requests).toHaveLength(1);
  });

  test("without an address is dead", async () => {
    const desk = openDeliveryDesk(shop());
    expect(await desk.send({})).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
  });
});
