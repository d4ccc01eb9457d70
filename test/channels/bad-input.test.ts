import { describe, expect, test } from "bun:test";
import { channel, channelLimits, defineSocket } from "../../src/channels/index.ts";
import { answer, join, startHarness } from "./harness.ts";
import { openRaw } from "./raw-socket.ts";

const plain = channel("plain:*", {
  on: {
    echo: (payload) => payload,
    wait: () => new Promise(() => {}),
  },
});

describe("a frame that is none closes its own socket, with a code, and no other", () => {
  test.each([
    ["text that is no JSON", "{", 1007],
    ["an object", "{}", 1002],
    ["an array that is too short", '["1","2","t"]', 1002],
    ["a payload that is no object", '["1","2","plain:1","echo",7]', 1002],
    ["a topic that is no text", '["1","2",{},"echo",{}]', 1002],
    ["bytes that are no frame", Uint8Array.of(9, 9, 9), 1002],
    ["bytes that end too early", Uint8Array.of(0, 200, 1, 1, 1, 65), 1002],
  ])("%s", async (_what, frame, code) => {
    await using harness = startHarness({ channels: [plain] });
    await using well = await openRaw(harness.port);
    well.send(["1", "1", "plain:1", "phx_join", {}]);
    await well.take();
    await using bad = await openRaw(harness.port);
    const event = harness.events.next("socket.closed-by-server");
    bad.send(frame);
    expect((await bad.closed).code).toBe(code);
    expect(await event).toMatchObject({ code });
    well.send(["1", "2", "plain:1", "echo", { still: "here" }]);
    expect(await well.take()).toEqual([
      "1",
      "2",
      "plain:1",
      "phx_reply",
      { status: "ok", response: { still: "here" } },
    ]);
  });

  test("a binary frame to protocol version 1.0.0, which has none", async () => {
    await using harness = startHarness({ channels: [plain] });
    await using bad = await openRaw(harness.port, "vsn=1.0.0");
    bad.send(Uint8Array.of(0, 0, 0, 0, 0));
    expect((await bad.closed).code).toBe(1002);
  });

  test("a frame longer than the limit", async () => {
    await using harness = startHarness({ channels: [plain], limits: { maxPayloadBytes: 1_000 } });
    await using bad = await openRaw(harness.port);
    bad.send(["1", "1", "plain:1", "echo", { text: "x".repeat(1_000) }]);
    expect((await bad.closed).code).toBe(1009);
  });
});

describe("before a socket opens", () => {
  const upgrade = (port: number, query: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}/socket/websocket?${query}`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      },
    });

  test.each(["vsn=3.0.0", "vsn=2.1.0", "vsn=x"])(
    "an unknown protocol version (%s) is refused with 403",
    async (query) => {
      await using harness = startHarness({ channels: [plain] });
      expect((await upgrade(harness.port, query)).status).toBe(403);
    },
  );

  test.each(["https://evil.example", "null", "not a url", "http://127.0.0.1.evil.example"])(
    "a page of another host (%s) is refused with 403",
    async (origin) => {
      await using harness = startHarness({ channels: [plain] });
      const refused = harness.events.next("socket.refused");
      expect((await upgrade(harness.port, "vsn=2.0.0", { origin })).status).toBe(403);
      expect(await refused).toMatchObject({ reason: `origin ${origin} is not allowed` });
      const longPoll = await fetch(`http://127.0.0.1:${harness.port}/socket/longpoll?vsn=2.0.0`, {
        headers: { origin },
      });
      expect(longPoll.status).toBe(403);
    },
  );

  test("a page of the same host, or of a listed origin, may connect", async () => {
    await using same = startHarness({ channels: [plain] });
    await using _one = await openRaw(same.port, "vsn=2.0.0", { headers: { origin: "http://127.0.0.1:5173" } });
    await using listed = startHarness({ channels: [plain], origin: ["https://app.example", "//*.example.org"] });
    await using _two = await openRaw(listed.port, "vsn=2.0.0", { headers: { origin: "https://app.example" } });
    await using _three = await openRaw(listed.port, "vsn=2.0.0", { headers: { origin: "https://a.example.org:8443" } });
    expect((await upgrade(listed.port, "vsn=2.0.0", { origin: "http://app.example" })).status).toBe(403);
    expect((await upgrade(listed.port, "vsn=2.0.0", { origin: "https://example.org" })).status).toBe(403);
  });

  test("what is no upgrade is told so", async () => {
    await using harness = startHarness({ channels: [plain] });
    expect((await fetch(`http://127.0.0.1:${harness.port}/socket/websocket?vsn=2.0.0`)).status).toBe(426);
  });

  test("a token that is no base64 is none, and hostile params reach into no prototype", async () => {
    let seen: unknown;
    const socket = defineSocket({
      connect({ token, params, allow }) {
        seen = { token, params, polluted: ({} as Record<string, unknown>).polluted };
        return allow();
      },
    });
    await using harness = startHarness({ channels: [plain], socket });
    await using _raw = await openRaw(harness.port, "vsn=2.0.0&__proto__[polluted]=1&a[__proto__][polluted]=1&b[c]=d", {
      protocols: ["phoenix", "base64url.bearer.phx.!!!"],
    });
    expect(seen).toEqual({ token: null, params: { b: { c: "d" } }, polluted: undefined });
  });

  test("a connect handler that throws refuses", async () => {
    const socket = defineSocket({
      connect() {
        throw new Error("bug");
      },
    });
    await using harness = startHarness({ channels: [plain], socket });
    const caught = harness.events.next("error.caught");
    expect((await upgrade(harness.port, "vsn=2.0.0")).status).toBe(403);
    expect((await caught).stage).toBe("channel.connect");
  });
});

describe("what a socket sends is bounded, and told so", () => {
  test("a topic or an event that is too long", async () => {
    await using harness = startHarness({ channels: [plain] });
    await using raw = await openRaw(harness.port);
    raw.send(["1", "1", `plain:${"é".repeat(128)}`, "phx_join", {}]);
    expect(await raw.take()).toMatchObject([
      "1",
      "1",
      expect.anything(),
      "phx_reply",
      {
        status: "error",
        response: { reason: "topic too long", limit: 255 },
      },
    ]);
    raw.send(["1", "2", "plain:1", "e".repeat(256), {}]);
    expect(await raw.take()).toMatchObject([
      "1",
      "2",
      "plain:1",
      "phx_reply",
      { response: { reason: "event too long" } },
    ]);
  });

  test("joins", async () => {
    await using harness = startHarness({ channels: [plain], limits: { maxChannelsPerSocket: 2 } });
    const socket = harness.client({ rejoinAfterMs: () => 60_000 });
    socket.connect();
    await join(socket.channel("plain:1"));
    await join(socket.channel("plain:2"));
    expect(await answer(socket.channel("plain:3").join())).toEqual(["error", { reason: "too many channels joined" }]);
  });

  test("messages a second, then a close for who goes on", async () => {
    await using harness = startHarness({ channels: [plain], limits: { messagesPerSecond: 5 } });
    await using raw = await openRaw(harness.port);
    const limited = harness.events.next("socket.limited");
    for (let n = 0; n < 11; n++) raw.send([null, `${n}`, "phoenix", "heartbeat", {}]);
    for (let n = 0; n < 10; n++)
      expect(await raw.take()).toMatchObject([null, `${n}`, "phoenix", "phx_reply", { status: "ok" }]);
    expect(await raw.take()).toEqual([
      null,
      "10",
      "phoenix",
      "phx_reply",
      {
        status: "error",
        response: { reason: "rate_limited", limit: "messagesPerSecond", retry: true, retry_after: 1 },
      },
    ]);
    expect(await limited).toEqual({ limit: "messagesPerSecond", socketId: null });
    for (let n = 0; n < 1_100; n++) raw.send([null, null, "phoenix", "heartbeat", {}]);
    expect((await raw.closed).code).toBe(4003);
  });

  test("bytes a second", async () => {
    await using harness = startHarness({ channels: [plain], limits: { bytesPerSecond: 100, maxPayloadBytes: 500 } });
    await using raw = await openRaw(harness.port);
    const frame = [null, "1", "phoenix", "heartbeat", { fill: "x".repeat(300) }];
    raw.send(frame);
    expect(await raw.take()).toMatchObject([null, "1", "phoenix", "phx_reply", { status: "ok" }]);
    raw.send(frame);
    expect(await raw.take()).toMatchObject([
      null,
      "1",
      "phoenix",
      "phx_reply",
      { response: { limit: "bytesPerSecond" } },
    ]);
  });

  test("messages that wait for a worker; a leave gets through all the same", async () => {
    await using harness = startHarness({ channels: [plain], limits: { maxInFlightPerSocket: 2 } });
    await using raw = await openRaw(harness.port);
    raw.send(["1", "1", "plain:1", "phx_join", {}]);
    await raw.take();
    for (const ref of ["2", "3", "4"]) raw.send(["1", ref, "plain:1", "wait", {}]);
    expect(await raw.take()).toMatchObject([
      "1",
      "4",
      "plain:1",
      "phx_reply",
      { response: { reason: "busy", retry: true } },
    ]);
    raw.send(["1", "5", "plain:1", "phx_leave", {}]);
    expect(await raw.take()).toMatchObject(["1", "5", "plain:1", "phx_reply", { status: "ok" }]);
  });

  test("a limit that is none is refused when the gateway is made", () => {
    expect(() => channelLimits({ messagesPerSecond: -1 })).toThrow(
      "limits.messagesPerSecond: expected a number above 0",
    );
    expect(() => channelLimits({ idleLimitMs: Number.NaN })).toThrow("limits.idleLimitMs");
    expect(channelLimits({ maxConnections: Number.POSITIVE_INFINITY }).maxConnections).toBe(Number.POSITIVE_INFINITY);
  });
});
