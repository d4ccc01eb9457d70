import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { channel, defineSocket, type ReplyRef } from "../../src/channels/index.ts";
import { CLIENTS } from "./clients.ts";
import { answer, type Harness, join, next, startHarness, transcript } from "./harness.ts";

const room = channel("room:*", {
  events: { typed: z.object({ n: z.number() }) },
  join(params, socket) {
    if (params.user === "banned") return socket.refuse({ reason: "banned" });
    if (params.user === "bug") throw new Error("bug in join");
    socket.push("greeting", { before: "the reply" });
    return socket.allow({ user: params.user, n: 0 }, { hello: params.user ?? "nobody" });
  },
  on: {
    echo: (payload) => payload,
    async shout(payload, socket) {
      await socket.broadcast("shouted", payload);
    },
    async others(payload, socket) {
      await socket.broadcastFrom("shouted", payload);
    },
    count(_payload, socket) {
      socket.assign({ n: socket.assigns.n + 1 });
      return { n: socket.assigns.n };
    },
    typed: ({ n }) => ({ twice: 2 * n }),
    fail: (_payload, socket) => socket.replyError({ reason: "no" }),
    early(_payload, socket) {
      socket.reply({ first: true });
      return { first: false };
    },
    later(_payload, socket) {
      laterReplies.push(socket.replyRef());
    },
    stop: (_payload, socket) => socket.stop(),
    crash() {
      throw new Error("boom");
    },
    bytes: (_payload, socket) => socket.push("bytes", Uint8Array.of(1, 2, 255)),
    async shoutBytes(_payload, socket) {
      await socket.broadcast("bytes", Uint8Array.of(7, 0));
    },
    replyBytes: () => Uint8Array.of(9, 8),
  },
  onBinary: {
    upload: (bytes) => ({ sum: bytes.reduce((sum, byte) => sum + byte, 0) }),
    echo: (bytes) => bytes,
  },
  terminate: (reason, socket) => {
    endings.push([socket.topic, reason]);
  },
});

const laterReplies: ReplyRef[] = [];
const endings: [topic: string, reason: string][] = [];

for (const kind of CLIENTS) {
  const connect = (harness: Harness, options = {}) => {
    const socket = harness.client({ transport: kind.transport, ...options }, kind.Socket);
    socket.connect();
    return socket;
  };

  describe(kind.name, () => {
    test("joins, and hears the join's reply before anything of the topic", async () => {
      await using harness = startHarness({ channels: [room] });
      const socket = connect(harness);
      const told = transcript(socket);
      expect(await join(socket.channel("room:1", { user: "ada" }))).toEqual({ hello: "ada" });
      await told.until((events) => events.includes("greeting"));
      expect(told.messages.map(({ event }) => event)).toEqual(["phx_reply", "greeting"]);
    });

    test("pushes, and is answered with what the handler returned, in order", async () => {
      await using harness = startHarness({ channels: [room] });
      const joined = connect(harness).channel("room:1");
      await join(joined);
      expect(await answer(joined.push("echo", { a: [1, "é\u2028"] }))).toEqual(["ok", { a: [1, "é\u2028"] }]);
      const counts = await Promise.all([1, 2, 3].map(() => answer(joined.push("count", {}))));
      expect(counts).toEqual([1, 2, 3].map((n) => ["ok", { n }]));
      expect(await answer(joined.push("fail", {}))).toEqual(["error", { reason: "no" }]);
      expect(await answer(joined.push("early", {}))).toEqual(["ok", { first: true }]);
      expect(await answer(joined.push("shout", {}))).toEqual(["ok", {}]);
    });

    test("hears an answer that is given after the handler has returned", async () => {
      await using harness = startHarness({ channels: [room] });
      const joined = connect(harness).channel("room:1");
      await join(joined);
      const answered = answer(joined.push("later", {}));
      expect(await answer(joined.push("echo", { meanwhile: true }))).toEqual(["ok", { meanwhile: true }]);
      const owed = laterReplies.pop();
      owed?.reply({ at: "last" });
      owed?.reply({ at: "twice" });
      expect(await answered).toEqual(["ok", { at: "last" }]);
    });

    test("a payload that breaks its schema is answered with what is wrong", async () => {
      await using harness = startHarness({ channels: [room] });
      const joined = connect(harness).channel("room:1");
      await join(joined);
      expect(await answer(joined.push("typed", { n: 21 }))).toEqual(["ok", { twice: 42 }]);
      const [status, response] = await answer(joined.push("typed", { n: "x" }));
      expect([status, response.reason]).toEqual(["error", "invalid payload"]);
      expect(response.issues).toEqual([{ path: "n", message: expect.stringContaining("number") }]);
      expect(await answer(joined.push("toString", {}))).toEqual([
        "error",
        { reason: "unknown event", event: "toString" },
      ]);
    });

    test("broadcasts to everybody, or to the others only", async () => {
      await using harness = startHarness({ channels: [room] });
      const one = connect(harness).channel("room:1");
      const other = connect(harness).channel("room:1");
      const elsewhere = connect(harness);
      const toldElsewhere = transcript(elsewhere);
      await Promise.all([join(one), join(other), join(elsewhere.channel("room:2"))]);
      const toAll = [next(one, "shouted"), next(other, "shouted")];
      one.push("shout", { text: "hi" });
      expect(await Promise.all(toAll)).toEqual([{ text: "hi" }, { text: "hi" }]);
      const heard: unknown[] = [];
      one.on("shouted", (payload: unknown) => heard.push(payload));
      const toOther = next(other, "shouted");
      await answer(one.push("others", { text: "psst" }));
      expect(await toOther).toEqual({ text: "psst" });
      await answer(one.push("echo", {}));
      expect(heard).toEqual([]);
      expect(toldElsewhere.messages.map(({ event }) => event)).not.toContain("shouted");
    });

    test("leaves: the reply, then phx_close; the handler learns why", async () => {
      await using harness = startHarness({ channels: [room] });
      const socket = connect(harness);
      const told = transcript(socket);
      const joined = socket.channel(`room:leave ${kind.name}`);
      await join(joined);
      await told.until((events) => events.length === 2);
      expect(await answer(joined.leave())).toEqual(["ok", {}]);
      await told.until((events) => events.length === 4);
      expect(told.messages.slice(2).map(({ event }) => event)).toEqual(["phx_reply", "phx_close"]);
      expect(endings.filter(([topic]) => topic === `room:leave ${kind.name}`)).toEqual([
        [`room:leave ${kind.name}`, "left"],
      ]);
      expect(harness.gateway.channels).toBe(0);
    });

    test("a refused join, a crashed one, and one of a topic that no channel takes say why", async () => {
      await using harness = startHarness({ channels: [room] });
      const socket = connect(harness, { rejoinAfterMs: () => 60_000 });
      const crashed = harness.events.next("channel.crashed");
      expect(await answer(socket.channel("room:1", { user: "banned" }).join())).toEqual([
        "error",
        { reason: "banned" },
      ]);
      expect(await answer(socket.channel("room:2", { user: "bug" }).join())).toEqual([
        "error",
        { reason: "join crashed" },
      ]);
      expect(await answer(socket.channel("nowhere").join())).toEqual(["error", { reason: "unmatched topic" }]);
      expect(await crashed).toMatchObject({ topic: "room:2", event: "join", message: "bug in join" });
    });

    test("a crash ends that channel alone, and the client joins again", async () => {
      await using harness = startHarness({ channels: [room] });
      const socket = connect(harness);
      const [hurt, well] = [socket.channel("room:1"), socket.channel("room:2")];
      await Promise.all([join(hurt), join(well)]);
      await answer(well.push("count", {}));
      const told = transcript(socket);
      const crashed = harness.events.next("channel.crashed");
      expect(await answer(hurt.push("crash", {}))).toEqual(["error", { reason: "channel_crash" }]);
      expect(await crashed).toEqual({ topic: "room:1", event: "crash", message: "boom" });
      await told.until((events) => events.includes("greeting"));
      expect(told.messages.filter(({ event }) => event === "phx_error")).toMatchObject([
        { topic: "room:1", payload: { reason: "channel_crash" } },
      ]);
      expect(await answer(hurt.push("echo", { again: true }))).toEqual(["ok", { again: true }]);
      expect(await answer(well.push("count", {}))).toEqual(["ok", { n: 2 }]);
    });

    test("a channel that its handler stops is closed for good", async () => {
      await using harness = startHarness({ channels: [room] });
      const socket = connect(harness);
      const joined = socket.channel("room:1");
      await join(joined);
      const closed = new Promise<void>((resolve) => joined.onClose(() => resolve()));
      joined.push("stop", {});
      await closed;
      expect(joined.state).toBe("closed");
    });

    test("uploads bytes, and hears why where it could not read an answer in bytes", async () => {
      await using harness = startHarness({ channels: [room] });
      const joined = connect(harness).channel("room:1");
      await join(joined);
      const bytes = Uint8Array.of(1, 2, 3, 250).buffer;
      expect(await answer(joined.push("upload", bytes))).toEqual(["ok", { sum: 256 }]);
      expect(await answer(joined.push("typed", bytes))).toEqual(["error", { reason: "unknown event", event: "typed" }]);
      const [status, response] = await answer(joined.push("echo", bytes));
      if (kind.readsBytes) expect([status, response]).toEqual(["ok", bytes as never]);
      else expect([status, response]).toEqual(["error", { reason: "binary_unsupported" }]);
    });

    if (kind.readsBytes) {
      test("reads bytes in pushes, broadcasts and replies", async () => {
        await using harness = startHarness({ channels: [room] });
        const joined = connect(harness).channel("room:1");
        await join(joined);
        const pushed = next(joined, "bytes");
        joined.push("bytes", {});
        expect(await pushed).toEqual(Uint8Array.of(1, 2, 255).buffer as never);
        const shouted = new Promise((resolve) => joined.on("bytes", resolve));
        joined.push("shoutBytes", {});
        expect(await shouted).toEqual(Uint8Array.of(7, 0).buffer);
        expect(await answer(joined.push("replyBytes", {}))).toEqual(["ok", Uint8Array.of(9, 8).buffer as never]);
      });
    }

    test("speaks protocol version 1.0.0 as well", async () => {
      await using harness = startHarness({ channels: [room] });
      const old = connect(harness, { vsn: "1.0.0", encode: encodeV1, decode: decodeV1 });
      const one = old.channel("room:1", { user: "old" });
      if (kind.transport !== WebSocket) return; // Over long-poll the client takes no other codec.
      expect(await join(one)).toEqual({ hello: "old" });
      const other = connect(harness).channel("room:1");
      await join(other);
      const heard = next(one, "shouted");
      await answer(other.push("shout", { to: "both" }));
      expect(await heard).toEqual({ to: "both" });
      expect(await answer(one.push("echo", { v: 1 }))).toEqual(["ok", { v: 1 }]);
      expect(await answer(one.push("replyBytes", {}))).toEqual(["error", { reason: "binary_unsupported" }]);
    });

    test("is authorised by params and token, and refused by the app", async () => {
      const socketDefinition = defineSocket({
        connect: ({ params, token, transport, peer, allow, refuse }) =>
          params.user === "eve" ? refuse() : allow({ id: "u:1", assigns: { params, token, transport, peer } }),
      });
      const whoami = channel("whoami", { on: { ask: (_payload, socket) => ({ ...socket.socketAssigns }) } });
      await using harness = startHarness({ channels: [whoami], socket: socketDefinition });
      const joined = connect(harness, { params: { user: { name: "ada" } }, authToken: "s€cret".slice(0, 1) }).channel(
        "whoami",
      );
      await join(joined);
      const [, me] = await answer(joined.push("ask", {}));
      expect(me).toMatchObject({ params: { user: { name: "ada" } }, peer: "127.0.0.1" });
      expect(me.transport).toBe(kind.transport === WebSocket ? "websocket" : "longpoll");
      if (kind.name.startsWith("1.8")) expect(me.token).toBe("s");

      const refused = harness.events.next("socket.refused");
      connect(harness, { params: { user: "eve" }, reconnectAfterMs: () => 60_000 });
      expect(await refused).toEqual({ reason: "forbidden", peer: "127.0.0.1" });
    });

    // Client 1.7 takes a long-poll session that is gone for one that has just opened, and does not join again: mended in 1.8.
    const comesBack = kind.name !== "1.7.21 over long-poll";
    test.if(comesBack)("is closed by its socket's id, and comes back", async () => {
      const named = defineSocket({ connect: ({ allow }) => allow({ id: "user:7" }) });
      await using harness = startHarness({ channels: [room], socket: named });
      const socket = connect(harness);
      await join(socket.channel("room:1"));
      const told = transcript(socket);
      const closed = new Promise<number>((resolve) => socket.onClose(({ code }) => resolve(code)));
      harness.gateway.handle({ kind: "disconnect", socketId: "user:7" });
      if (kind.transport === WebSocket) expect(await closed).toBe(1001);
      await told.until((events) => events.includes("phx_reply"));
    });
  });
}

function encodeV1(
  message: { topic: string; event: string; payload: object; ref: string },
  use: (text: string) => void,
) {
  const { topic, event, payload, ref } = message;
  use(JSON.stringify({ topic, event, payload, ref }));
}

function decodeV1(text: string, use: (message: object) => void): void {
  use(JSON.parse(text));
}
