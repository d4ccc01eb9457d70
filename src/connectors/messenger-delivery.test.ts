import { describe, expect, test } from "bun:test";
import invalidToken from "../../test/fixtures/providers/messenger/answer-invalid-token.json";
import rateLimit from "../../test/fixtures/providers/messenger/answer-rate-limit.json";
import temporary from "../../test/fixtures/providers/messenger/answer-temporary.json";
import { openDeliveryDesk } from "../testing/delivery-desk.ts";
import { FakeProvider } from "../testing/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { messenger } from "./messenger.ts";

function page(baseUrl: string): ConnectorDefinition {
  const secrets = { pageAccessToken: "page&token", appSecret: "s", verifyToken: "v" };
  const delivery = { rateLimit: false } as const;
  return messenger({ to: "concierge", ...secrets, baseUrl, apiVersion: "v25.0", delivery }, {});
}

describe("a delivery by Messenger", () => {
  test("is one call of the Send API, with quick replies for choices", async () => {
    await using provider = await FakeProvider.start();
    const desk = openDeliveryDesk(page(provider.url));
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
    [{ text: "a", choices: ["x".repeat(1_001)] }, "values of at most 1000"],
  ])("that cannot be sent (%#) is dead with a clear reason", async (reply, message) => {
    await using provider = await FakeProvider.start();
    const outcome = await openDeliveryDesk(page(provider.url)).send(reply);
    expect(outcome).toMatchObject({ kind: "dead", error: { code: "delivery_invalid" } });
    expect((outcome as { error: Error }).error.message).toContain(message);
  });

  test("cuts a label that is too long for Messenger, and leaves its value whole", async () => {
    await using provider = await FakeProvider.start();
    await openDeliveryDesk(page(provider.url)).send({ text: "Which?", choices: ["A continental breakfast"] });
    expect(provider.requests[0]?.body).toMatchObject({
      message: { quick_replies: [{ title: "A continental break…", payload: "A continental breakfast" }] },
    });
  });

  test("reads Meta's error codes, which come with status 400", async () => {
    await using provider = await FakeProvider.start();
    provider.next({ kind: "fail", ...rateLimit }, { kind: "fail", ...temporary }, { kind: "fail", ...invalidToken });
    const desk = openDeliveryDesk(page(provider.url));
    expect(await desk.send({ text: "hi" })).toMatchObject({ kind: "retry", free: true, afterMs: 30_000 });
    expect(await desk.send({ text: "hi" })).toMatchObject({ kind: "retry", free: false });
    const refused = await desk.send({ text: "hi" });
    expect(refused).toMatchObject({ kind: "dead", error: { code: "delivery_refused" } });
    expect((refused as { error: Error }).error.message).toBe(
      "Messenger answered 400: Invalid OAuth access token. (code 190)",
    );
  });
});
