import { describe, expect, test } from "bun:test";
import vector from "../../test/fixtures/providers/webhook/standard-webhooks.json";
import { bunHmac } from "../adapters/bun/hmac.ts";
import { ManualClock, MINUTE } from "../core/index.ts";
import { toManifest } from "./connector.ts";
import { createDoor } from "./create-door.ts";
import type { DoorOutcome } from "./inbound-door.ts";
import { decodeSecret, signatureHeaders } from "./standard-webhooks.ts";
import { type WebhookOptions, webhook } from "./webhook.ts";

const SIGNED_AT_MS = Number(vector.headers["webhook-timestamp"]) * 1_000;
const OTHER_SECRET = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVy";

function open(options: Partial<WebhookOptions> = {}, nowMs = SIGNED_AT_MS) {
  const definition = webhook({ name: "orders", to: "order", secret: vector.secret, key: "/test", ...options }, {});
  const manifest = JSON.parse(JSON.stringify(toManifest(definition)));
  return createDoor(manifest, { createHmac: bunHmac, clock: new ManualClock(nowMs) });
}

async function post(door: ReturnType<typeof open>, payload: string, headers: Readonly<Record<string, string>>) {
  const rawBody = new TextEncoder().encode(payload);
  return door.handle({ method: "POST", url: "/webhooks/orders", headers: new Headers(headers), rawBody });
}

async function postSigned(door: ReturnType<typeof open>, body: unknown, id = "evt_1"): Promise<DoorOutcome> {
  const payload = JSON.stringify(body);
  const hmac = bunHmac(decodeSecret(vector.secret) as Uint8Array<ArrayBuffer>);
  return post(door, payload, await signatureHeaders(id, SIGNED_AT_MS, payload, hmac));
}

describe("Standard Webhooks", () => {
  test("signs as the published vector says", async () => {
    const hmac = bunHmac(decodeSecret(vector.secret) as Uint8Array<ArrayBuffer>);
    expect(await signatureHeaders(vector.headers["webhook-id"], SIGNED_AT_MS, vector.payload, hmac)).toEqual(
      vector.headers,
    );
  });

  test("takes a secret with and without its prefix, and none that is short or no base64", () => {
    expect(decodeSecret(vector.secret.slice("whsec_".length))).toEqual(
      decodeSecret(vector.secret) as Uint8Array<ArrayBuffer>,
    );
    expect(decodeSecret("whsec_c2hvcnQ=")).toBeUndefined();
    expect(decodeSecret("whsec_not base64!")).toBeUndefined();
  });
});

describe("the generic webhook's door", () => {
  test("accepts the published vector: the payload for the actor of its key, once by webhook-id", async () => {
    expect(await post(open(), vector.payload, vector.headers)).toEqual({
      kind: "accept",
      messages: [
        {
          target: "order",
          key: "orders:2432232314",
          body: { test: 2432232314 },
          source: "orders",
          externalId: "msg_p5jXN8AQM9LWM0D4loKWxJek",
          origin: { connector: "orders", conversation: "2432232314" },
        },
      ],
    });
  });

  test("accepts any of several signatures, and either secret while one is replaced", async () => {
    const wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
    const several = { ...vector.headers, "webhook-signature": `${wrong} v2,x ${vector.headers["webhook-signature"]}` };
    expect((await post(open(), vector.payload, several)).kind).toBe("accept");
    const door = open({ secret: [OTHER_SECRET, vector.secret] });
    expect((await post(door, vector.payload, vector.headers)).kind).toBe("accept");
  });

  test.each([
    ["webhook-id", undefined],
    ["webhook-id", "msg_other"],
    ["webhook-id", "msg.dot"],
    ["webhook-timestamp", undefined],
    ["webhook-timestamp", "hello"],
    ["webhook-timestamp", "1614265331"],
    ["webhook-signature", undefined],
    ["webhook-signature", "v1,"],
    ["webhook-signature", "v1,dawfeoifkpqwoekfpqoekf"],
    ["webhook-signature", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
  ])("refuses %s: %s with 401", async (name, value) => {
    const { [name]: _, ...others } = vector.headers as Readonly<Record<string, string>>;
    const headers = value === undefined ? others : { ...others, [name]: value };
    expect(await post(open(), vector.payload, headers)).toMatchObject({ status: 401, code: "bad_signature" });
  });

  test("refuses another payload and another secret: 401", async () => {
    expect(await post(open(), '{"test": 1}', vector.headers)).toMatchObject({ status: 401 });
    expect(await post(open({ secret: OTHER_SECRET }), vector.payload, vector.headers)).toMatchObject({ status: 401 });
  });

  test("refuses a signature from beyond the tolerance, either way: 401", async () => {
    for (const nowMs of [SIGNED_AT_MS + 5 * MINUTE + 1, SIGNED_AT_MS - 5 * MINUTE - 1]) {
      const outcome = await post(open({}, nowMs), vector.payload, vector.headers);
      expect(outcome).toMatchObject({ status: 401, code: "stale_timestamp" });
    }
    expect((await post(open({}, SIGNED_AT_MS + 5 * MINUTE), vector.payload, vector.headers)).kind).toBe("accept");
  });

  test("finds key, id and sequence where it was told", async () => {
    const door = open({ key: "order.id", id: "/event~1id", seq: { at: "/n", gapWait: "10 s" } });
    expect(await postSigned(door, { order: { id: "A7" }, "event/id": "e9", n: 3 })).toMatchObject({
      messages: [
        { key: "orders:A7", externalId: "e9", order: { source: "orders:A7", externalSeq: 3, gapWaitMs: 10_000 } },
      ],
    });
    const perConnector = open({ key: "/k", seq: { at: "/n", per: "connector" } });
    expect(await postSigned(perConnector, { k: "A7", n: 3 })).toMatchObject({
      messages: [{ order: { source: "orders", externalSeq: 3, gapWaitMs: 30_000 } }],
    });
  });

  test.each([
    [{}, "/k: expected the key"],
    [{ k: "" }, "/k: expected the key"],
    [{ k: 2 ** 53 }, "/k: expected the key"],
    [{ k: "x".repeat(257) }, "/k: expected the key"],
    [{ k: { deep: 1 } }, "/k: expected the key"],
    [{ k: "a" }, "/id: expected the id"],
    [{ k: "a", id: 1 }, "/n: expected the sequence"],
    [{ k: "a", id: 1, n: -1 }, "/n: expected the sequence"],
    [{ k: "a", id: 1, n: "2" }, "/n: expected the sequence"],
  ])("refuses %j with what was expected: 400", async (body, message) => {
    const outcome = await postSigned(open({ key: "/k", id: "/id", seq: "/n" }), body);
    expect(outcome).toMatchObject({ status: 400, code: "malformed", message: expect.stringContaining(message) });
  });
});
