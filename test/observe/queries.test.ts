/** What a running node answers, over its control socket and over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Socket } from "phoenix";
import type { DeadLetterRow, Listing } from "../../src/inspect/index.ts";
import { ObservedNode } from "./observed-node.ts";

describe("a running node", () => {
  let node: ObservedNode;
  beforeAll(async () => {
    node = await ObservedNode.start();
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  test("shows itself: its app, its workers with their memory, and its tree", async () => {
    const shown = await node.until(
      () => node.ask("node"),
      ({ workers }) => workers[0]?.rssBytes != null,
    );
    expect(shown).toMatchObject({
      url: node.url,
      pid: node.process.pid,
      app: { name: "front desk", actors: ["desk"] },
      shards: { count: 64, lag: 0 },
      workers: [{ worker: "w0", state: "up", restarts: 0, codeVersion: expect.any(String) }],
      tree: { id: "node", state: "running" },
    });
  });

  test("answers the same over HTTP, to whoever bears the token", async () => {
    expect(await node.http("GET", "/api/node")).toMatchObject({ status: 200, body: { pid: node.process.pid } });
    expect(await node.http("GET", "/api/node", undefined, "wrong")).toMatchObject({ status: 401 });
    expect(await node.http("GET", "/api/shards?limit=0")).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_input" } },
    });
    expect(await node.http("GET", "/api/actors/nobody/x")).toMatchObject({ status: 404 });
    expect(await node.http("GET", "/api/nothing")).toMatchObject({ status: 404 });
  });

  test("lets a dead letter be seen and redriven over HTTP, which then dies again", async () => {
    const id = await node.say("guest", "poison");
    const list = () => node.http<Listing<DeadLetterRow>>("GET", "/api/dead-letters?target=desk&key=guest");
    const { body } = await node.until(list, ({ body }) => body.rows.length === 1);
    expect(body.rows[0]).toMatchObject({ id, attempts: 2, error: { message: "cannot digest poison" } });
    const redriven = await node.http("POST", "/api/dead-letters/redrive", { id, reason: "mended" });
    expect(redriven).toEqual({ status: 200, body: { asked: [id], more: false } });
    const again = await node.until(
      () => node.ask("dead.show", { id }),
      ({ status, diedAtMs }) => status === "dead" && diedAtMs > (body.rows[0]?.diedAtMs ?? 0),
    );
    expect(again.stack).toContain("desk-app.ts");
  });

  test("tells a message's way with its failed tries and the worker that made them", async () => {
    const id = await node.say("traced", "poison 2");
    const trace = await node.until(
      () => node.ask("messages.trace", { id }),
      ({ status }) => status === "dead",
    );
    expect(trace).toMatchObject({ target: "desk", key: "traced", attempts: 2, from: "http" });
    expect(trace.failures).toMatchObject([
      { attempt: 1, worker: "w0", error: "TypeError: cannot digest poison 2", retryInMs: expect.any(Number) },
      { attempt: 2, worker: "w0", retryInMs: null },
    ]);
  });

  test("pauses a key and lets it go on", async () => {
    await node.say("paused", "hello");
    const handled = () => node.ask("actors.list", { actor: "desk", prefix: "paused" });
    await node.until(handled, ({ rows }) => rows.length === 1);
    expect(await node.http("POST", "/api/actors/desk/paused/pause")).toMatchObject({ status: 200 });
    const show = () => node.ask("actors.show", { actor: "desk", key: "paused" });
    await node.until(show, ({ lane }) => lane?.status === "paused");
    await node.say("paused", "anybody there?");
    const held = await node.until(show, ({ lane }) => lane?.waiting === 1);
    expect(JSON.parse(held.state?.body.text ?? "")).toEqual({ count: 1 });
    await node.ask("actors.resume", { actor: "desk", key: "paused" });
    const resumed = await node.until(show, ({ lane }) => lane === null);
    await node.until(show, ({ state }) => state?.body.text === '{"count":2}');
    expect(resumed.waiting.length).toBeLessThanOrEqual(1);
  });

  test("shows who has joined which topic", async () => {
    const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
    socket.connect();
    const joined = Promise.withResolvers<unknown>();
    socket.channel("room:1").join().receive("ok", joined.resolve);
    await joined.promise;
    expect((await node.ask("topics.list", { prefix: "room:" })).rows).toEqual([
      { topic: "room:1", subscribers: 1, keepsHistory: false },
    ]);
    expect(await node.ask("topics.show", { topic: "room:1" })).toMatchObject({ presences: { ada: 1 }, history: null });
    await expect(node.ask("topics.show", { topic: "room:2" })).rejects.toMatchObject({ code: "not_found" });
    socket.disconnect();
  });
});
