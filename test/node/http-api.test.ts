/** The HTTP API of a node: who may, what is sent, asked and broadcast, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Socket } from "phoenix";
import { NodeProcess } from "./node-process.ts";

const TOKEN = "a-token-for-the-tests";

describe("the HTTP API", () => {
  let node: NodeProcess;
  beforeAll(async () => {
    node = await NodeProcess.start({
      app: join(import.meta.dir, "fixtures/counter-app.ts"),
      env: { GODWIT_API_TOKEN: TOKEN },
    });
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await fetch(`${node.url}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  }

  test("sends messages that the actor then has, in order", async () => {
    for (let i = 1; i <= 3; i++) {
      const sent = await call("POST", "actors/counter/ada/messages", { add: i });
      expect(sent).toEqual({ status: 202, body: { id: expect.stringMatching(/^m\d+-\d+$/) } });
    }
    expect(await call("POST", "actors/counter/ada/asks", { add: 0 })).toEqual({
      status: 200,
      body: { reply: { count: 6 } },
    });
  });

  test("takes a message with the same idempotency key once", async () => {
    const headers = { "idempotency-key": "once" };
    const first = await call("POST", "actors/counter/bob/messages", { add: 5 }, headers);
    expect(await call("POST", "actors/counter/bob/messages", { add: 5 }, headers)).toEqual(first);
    expect((await call("POST", "actors/counter/bob/asks", { add: 0 })).body).toEqual({ reply: { count: 5 } });
  });

  test("gives up an ask at its deadline with 504", async () => {
    const answer = await call("POST", "actors/counter/eve/asks?timeout=50ms", { add: 1, silent: true });
    expect(answer).toMatchObject({ status: 504, body: { error: { code: "deadline_exceeded" } } });
  });

  test("broadcasts to sockets", async () => {
    const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
    socket.connect();
    const channel = socket.channel("news", {});
    const heard = new Promise((resolve) => channel.on("headline", resolve as never));
    await new Promise((resolve) => channel.join().receive("ok", resolve));
    expect((await call("POST", "topics/news/broadcasts", { event: "headline", payload: { text: "hi" } })).status).toBe(
      202,
    );
    expect(await heard).toEqual({ text: "hi" });
    socket.disconnect();
  });

  test("refuses what does not fit, and says why", async () => {
    const refusals = [
      [await call("POST", "actors/nobody/x/messages", {}), 404, "unknown_actor"],
      [await call("POST", "actors/counter/x/messages", "{oops"), 400, "invalid_input"],
      [await call("POST", "actors/counter/x/messages", { add: "one" }), 400, "schema_refused"],
      [await call("POST", "actors/counter/x/asks?timeout=soon", { add: 1 }), 400, "invalid_input"],
      [await call("POST", "topics/news/broadcasts", { payload: {} }), 400, "invalid_input"],
      [await call("GET", "actors"), 404, "not_found"],
    ] as const;
    for (const [answer, status, code] of refusals) expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  test("lets nobody in without the token", async () => {
    const answer = await call("POST", "actors/counter/ada/messages", { add: 1 }, { authorization: "Bearer wrong" });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
  });
});
