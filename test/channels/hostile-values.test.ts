import { describe, expect, test } from "bun:test";
import { channel, type Payload } from "../../src/channels/index.ts";
import { answer, join, startHarness } from "./harness.ts";
import { MemoryHistory } from "./memory-history.ts";
import { openRaw } from "./raw-socket.ts";

const room = channel("room:*", {
  history: { keep: 10 },
  presence: true,
  on: {
    echo: (payload) => payload,
    appear: ({ key, meta }, socket) => socket.track(key as string, meta as Payload),
  },
});
const plain = channel("plain:*", {
  on: {
    echo: (payload) => payload,
    bytes: () => Uint8Array.of(1),
    appear: (_payload, socket) => socket.track("me"),
  },
});

describe("hostile values", () => {
  test.each([["__proto__"], ["constructor"], ["toString"], [""], ["x".repeat(256)], [7]])(
    "the presence key %p crashes the channel that takes it from a client, and reaches nobody",
    async (key) => {
      await using harness = startHarness({ channels: [room], store: new MemoryHistory() });
      await using raw = await openRaw(harness.port);
      raw.send(["1", "1", "room:1", "phx_join", {}]);
      expect(await raw.take()).toMatchObject(["1", "1", "room:1", "phx_reply", { status: "ok" }]);
      expect(await raw.take()).toEqual(["1", null, "room:1", "presence_state", {}]);
      const crashed = harness.events.next("channel.crashed");
      raw.send(["1", "2", "room:1", "appear", { key, meta: {} }]);
      expect((await crashed).message).toStartWith("presence key: expected");
      expect(await raw.take()).toMatchObject([
        "1",
        "2",
        "room:1",
        "phx_reply",
        { response: { reason: "channel_crash" } },
      ]);
      expect(await raw.take()).toEqual(["1", "1", "room:1", "phx_error", { reason: "channel_crash" }]);
      expect(harness.gateway.presence.size).toBe(0);
    },
  );

  test.each([
    ["a list", []],
    ["a text", "x"],
    ["too long", { fill: "x".repeat(5_000) }],
  ])("a presence meta that is %s is refused", async (_what, meta) => {
    await using harness = startHarness({ channels: [room], store: new MemoryHistory() });
    const socket = harness.client();
    socket.connect();
    const joined = socket.channel("room:1");
    await join(joined);
    const crashed = harness.events.next("channel.crashed");
    expect((await answer(joined.push("appear", { key: "ada", meta })))[0]).toBe("error");
    expect((await crashed).message).toContain('meta of presence "ada"');
  });

  test("tracking on a channel without presence says what is missing", async () => {
    await using harness = startHarness({ channels: [plain] });
    const socket = harness.client();
    socket.connect();
    const joined = socket.channel("plain:1");
    await join(joined);
    const crashed = harness.events.next("channel.crashed");
    await answer(joined.push("appear", {}));
    expect((await crashed).message).toContain("expected presence: true");
  });

  test.each([[-1], [1.5], ["7"], [{}], [1e300]])("the position {since: %p} is refused", async (since) => {
    await using harness = startHarness({ channels: [room], store: new MemoryHistory() });
    const socket = harness.client({ rejoinAfterMs: () => 60_000 });
    socket.connect();
    const [status, response] = await answer(socket.channel("room:1", { since }).join());
    expect([status, response.reason]).toEqual(["error", "invalid params"]);
  });

  test("payload keys that could reach into a prototype are data like any other", async () => {
    await using harness = startHarness({ channels: [plain] });
    await using raw = await openRaw(harness.port);
    raw.send(["1", "1", "plain:1", "phx_join", {}]);
    await raw.take();
    raw.send('["1","2","plain:1","echo",{"__proto__":{"polluted":true}}]');
    const [, , , , payload] = (await raw.take()) as [unknown, unknown, unknown, unknown, { response: object }];
    expect(Object.getOwnPropertyNames(payload.response)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("a broadcast that is no object goes out as one: clients take nothing else", async () => {
    await using harness = startHarness({ channels: [plain] });
    await using raw = await openRaw(harness.port);
    raw.send(["1", "1", "plain:1", "phx_join", {}]);
    await raw.take();
    harness.gateway.deliverBroadcast({ topic: "plain:1", event: "e", body: "[1]" });
    expect(await raw.take()).toEqual([null, null, "plain:1", "e", { value: [1] }]);
  });

  test("an answer in bytes that the client's own refs are too long for is told so", async () => {
    await using harness = startHarness({ channels: [plain] });
    await using raw = await openRaw(harness.port);
    raw.send(["1", "1", "plain:1", "phx_join", {}]);
    await raw.take();
    const ref = "r".repeat(300);
    raw.send(["1", ref, "plain:1", "bytes", {}]);
    expect(await raw.take()).toEqual([
      "1",
      ref,
      "plain:1",
      "phx_reply",
      { status: "error", response: { reason: "binary_unsupported" } },
    ]);
  });
});
