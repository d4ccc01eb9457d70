/** What bad input gets: a clear error, one event, nothing written; and no other client feels it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { SqliteStore } from "../../src/adapters/sqlite/index.ts";
import { sendMessenger, sendTelegram, TELEGRAM_SECRET } from "./chat-client.ts";
import { NodeProcess } from "./node-process.ts";

const APP = join(import.meta.dir, "fixtures/echo-app.ts");

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

describe("a node given bad input", () => {
  let node: NodeProcess;
  beforeAll(async () => {
    node = await NodeProcess.start({ app: APP, env: { TEST_PROVIDER_URL: "http://127.0.0.1:9" } });
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  async function refusal(answer: Promise<Response>): Promise<Refusal> {
    const response = await answer;
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    return { status: response.status, ...error };
  }

  async function messagesWritten(): Promise<number> {
    const store = new SqliteStore({ path: join(node.dataFolder, "godwit.db") });
    await store.start();
    const shards = await store.shards();
    await store.stop();
    return shards.reduce((sum, { head }) => sum + head.in, 0);
  }

  function telegram(body: string, secret = TELEGRAM_SECRET): Promise<Response> {
    const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret };
    return fetch(`${node.url}/webhooks/telegram`, { method: "POST", headers, body });
  }

  test("refuses a wrong secret with 401", async () => {
    expect(await refusal(telegram('{"update_id":1}', "wrong"))).toMatchObject({ status: 401, code: "bad_signature" });
    expect(await refusal(sendMessenger(node.url, '{"object":"page"}', "wrong"))).toMatchObject({
      status: 401,
      code: "bad_signature",
    });
    expect(await node.logged("webhook.refused")).toMatchObject({ status: 401, code: "bad_signature" });
    expect(await messagesWritten()).toBe(0);
  });

  test("refuses a malformed body with 400 and says what was expected", async () => {
    for (const body of ["{not json", "[]", '{"update_id":"x"}']) {
      const { status, code, message } = await refusal(telegram(body));
      expect([status, code]).toEqual([400, "malformed"]);
      expect(message).toContain("expected");
    }
    expect(await messagesWritten()).toBe(0);
  });

  test("refuses an oversized body with 413, declared or streamed", async () => {
    const large = `{"update_id":1,"pad":"${"x".repeat(2 * 1024 * 1024)}"}`;
    expect(await refusal(telegram(large))).toMatchObject({ status: 413, code: "too_large" });
    const stream = new Blob([large]).stream();
    const headers = { "x-telegram-bot-api-secret-token": TELEGRAM_SECRET };
    const streamed = fetch(`${node.url}/webhooks/telegram`, { method: "POST", headers, body: stream });
    expect(await refusal(streamed)).toMatchObject({ status: 413, code: "too_large" });
    expect(await messagesWritten()).toBe(0);
  });

  test("answers an unknown path with 404 and the wrong method with 405", async () => {
    expect(await refusal(fetch(`${node.url}/nothing/here`))).toMatchObject({ status: 404, code: "not_found" });
    expect(await node.logged("request.refused")).toMatchObject({ status: 404, path: "/nothing/here" });
    expect(await refusal(fetch(`${node.url}/webhooks/telegram`))).toMatchObject({
      status: 405,
      code: "method_not_allowed",
    });
  });

  test("closes a socket that sends what is no frame, with a protocol code, and no other", async () => {
    const open = async () => {
      const socket = new WebSocket(`${node.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0`);
      await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
      return socket;
    };
    const [bad, good] = [await open(), await open()];
    const closed = new Promise<number>((resolve) => bad.addEventListener("close", ({ code }) => resolve(code)));
    bad.send("this is no frame");
    expect([1002, 1003, 1007, 1008]).toContain(await closed);
    const answered = new Promise((resolve) =>
      good.addEventListener("message", ({ data }) => resolve(JSON.parse(data))),
    );
    good.send('[null,"1","phoenix","heartbeat",{}]');
    expect(await answered).toEqual([null, "1", "phoenix", "phx_reply", { status: "ok", response: {} }]);
    good.close();
  });

  test("still takes what is good", async () => {
    expect((await sendTelegram(node.url, 1, 1, "hello")).status).toBe(200);
    expect(await messagesWritten()).toBeGreaterThan(0);
  });
});
