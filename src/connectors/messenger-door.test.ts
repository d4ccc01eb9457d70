import { describe, expect, test } from "bun:test";
import attachment from "../../test/fixtures/providers/messenger/attachment.json";
import batch from "../../test/fixtures/providers/messenger/batch.json";
import delivery from "../../test/fixtures/providers/messenger/delivery.json";
import echo from "../../test/fixtures/providers/messenger/echo.json";
import postback from "../../test/fixtures/providers/messenger/postback.json";
import quickReply from "../../test/fixtures/providers/messenger/quick-reply.json";
import reaction from "../../test/fixtures/providers/messenger/reaction.json";
import readReceipt from "../../test/fixtures/providers/messenger/read.json";
import text from "../../test/fixtures/providers/messenger/text.json";
import { bunHmac } from "../adapters/bun/hmac.ts";
import { toManifest } from "./connector.ts";
import { createDoor } from "./create-door.ts";
import type { DoorOutcome } from "./inbound-door.ts";
import { messenger } from "./messenger.ts";
import { type CreateHmac, webCryptoHmac } from "./signature.ts";

const APP_SECRET = "an app secret";
const VERIFY_TOKEN = "meatyhamhock";

function open(createHmac: CreateHmac = bunHmac) {
  const options = { to: "concierge", pageAccessToken: "page", appSecret: APP_SECRET, verifyToken: VERIFY_TOKEN };
  return createDoor(JSON.parse(JSON.stringify(toManifest(messenger(options, {})))), { createHmac });
}

function sign(rawBody: Uint8Array, secret = APP_SECRET): string {
  return `sha256=${new Bun.CryptoHasher("sha256", secret).update(rawBody).digest("hex")}`;
}

async function post(body: unknown, signature?: string | null, door = open()): Promise<DoorOutcome> {
  const rawBody = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const header = signature === undefined ? sign(rawBody) : signature;
  const headers = new Headers(header === null ? {} : { "X-Hub-Signature-256": header });
  return door.handle({ method: "POST", url: "http://localhost/webhooks/messenger", headers, rawBody });
}

function get(query: string): DoorOutcome {
  const url = `http://localhost/webhooks/messenger?${query}`;
  const outcome = open().handle({ method: "GET", url, headers: new Headers(), rawBody: new Uint8Array() });
  if (outcome instanceof Promise) throw new Error("expected an answer at once");
  return outcome;
}

function bodies(outcome: DoorOutcome): readonly unknown[] {
  if (outcome.kind !== "accept") throw new Error(`expected acceptance, received ${JSON.stringify(outcome)}`);
  return outcome.messages.map((message) => message.body);
}

describe("Messenger's door", () => {
  test("answers Meta's verification with the challenge", () => {
    const outcome = get(`hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${VERIFY_TOKEN}`);
    expect(outcome).toMatchObject({ kind: "answer", status: 200, reply: { body: "1158201444" } });
  });

  test("gives the challenge to nobody with another token: 403", () => {
    const outcome = get("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=guess");
    expect(outcome).toMatchObject({ kind: "refuse", status: 403, code: "bad_signature" });
  });

  test("refuses a GET that is no verification: 400", () => {
    expect(get("")).toMatchObject({ kind: "refuse", status: 400, code: "malformed" });
  });

  test("reads a text message for the actor of its sender, once by its mid, without a sequence", async () => {
    const outcome = await post(text.body);
    expect(outcome).toEqual({
      kind: "accept",
      messages: [
        {
          target: "concierge",
          key: "messenger:4101582936619",
          source: "messenger",
          externalId: "m_1457764197618:41d102a3e1ae206a38",
          origin: { connector: "messenger", conversation: "4101582936619" },
          body: {
            kind: "message",
            id: "m_1457764197618:41d102a3e1ae206a38",
            text: "hello, world!",
            attachments: [],
            from: { id: "4101582936619" },
            at: 1_458_692_752_478,
            raw: text.body.entry[0]?.messaging[0],
          },
        },
      ],
    });
  });

  test("reads quick replies and postbacks as choices, and files as attachments", async () => {
    expect(bodies(await post(quickReply.body))).toMatchObject([
      { kind: "choice", choice: "order:dinner", text: "Dinner" },
    ]);
    expect(bodies(await post(postback.body))).toMatchObject([
      { kind: "choice", choice: "get-started", text: "Get Started" },
    ]);
    expect(bodies(await post(attachment.body))).toMatchObject([
      { kind: "message", text: "", attachments: [{ type: "image", url: expect.stringContaining("receipt.jpg") }] },
    ]);
  });

  test("takes a batch in its order and leaves out what is for nobody", async () => {
    const outcome = await post(batch.body);
    expect(bodies(outcome)).toMatchObject([{ text: "one" }, { text: "two" }, { text: "three" }]);
    expect(outcome).toMatchObject({
      messages: [
        { externalId: "m_one" },
        { externalId: "m_two" },
        { externalId: "m_three", key: "messenger:4101582936621" },
      ],
    });
  });

  test.each([
    ["an echo", echo.body, "echo"],
    ["a delivery receipt", delivery.body, "delivery"],
    ["a read receipt", readReceipt.body, "read"],
    ["a reaction", reaction.body, "reaction"],
    ["a batch of nothing", { object: "page", entry: [] }, "no events"],
  ])("answers %s with 200 and writes nothing", async (_what, body, ignored) => {
    expect(await post(body)).toMatchObject({ kind: "answer", status: 200, ignored });
  });

  test("knows a postback without a mid by who and when", async () => {
    const event = { sender: { id: "7" }, timestamp: "1527459824", postback: { payload: "p" } };
    const outcome = await post({ object: "page", entry: [{ messaging: [event] }] });
    expect(outcome).toMatchObject({
      messages: [{ externalId: "postback:7:1527459824000", body: { at: 1_527_459_824_000 } }],
    });
  });

  test.each([
    ["no signature", null],
    ["a signature under another secret", sign(new TextEncoder().encode(JSON.stringify(text.body)), "other")],
    ["a signature of another body", sign(new TextEncoder().encode("{}"))],
    ["half a signature", "sha256=00ff"],
    ["the old SHA-1 form", "sha1=0000000000000000000000000000000000000000"],
    ["a signature that is no hex", `sha256=${"z".repeat(64)}`],
  ])("refuses %s: 401", async (_what, signature) => {
    expect(await post(text.body, signature)).toMatchObject({ kind: "refuse", status: 401, code: "bad_signature" });
  });

  test("checks the bytes as they came, not the JSON they stand for", async () => {
    const spaced = JSON.stringify(text.body, null, 2);
    expect((await post(spaced)).kind).toBe("accept");
    expect((await post(spaced, sign(new TextEncoder().encode(JSON.stringify(text.body))))).kind).toBe("refuse");
  });

  test("verifies by WebCrypto as well", async () => {
    expect((await post(text.body, undefined, open(webCryptoHmac))).kind).toBe("accept");
    expect((await post(text.body, `sha256=${"0".repeat(64)}`, open(webCryptoHmac))).kind).toBe("refuse");
  });

  test.each([
    ["{", "body: expected JSON"],
    ['{"object":"user","entry":[]}', 'object: expected "page" or "instagram"'],
    ['{"object":"page"}', "entry: expected a list"],
    ['{"object":"page","entry":[7]}', "entry[0]: expected an object"],
    ['{"object":"page","entry":[{"messaging":[7]}]}', "entry[0].messaging[0]: expected an object"],
    ['{"object":"page","entry":[{},{"messaging":[{"message":{}}]}]}', "entry[1].messaging[0].sender.id: expected text"],
    ['{"object":"page","entry":[{"messaging":[{"sender":{"id":"7"},"message":{}}]}]}', "message.mid: expected text"],
  ])("refuses %s with what was expected: 400", async (body, message) => {
    const outcome = await post(body);
    expect(outcome).toMatchObject({ kind: "refuse", status: 400, code: "malformed" });
    expect(outcome).toMatchObject({ message: expect.stringContaining(message) });
  });
});
