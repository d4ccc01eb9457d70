/** `godwit/client` against the real server: joins, answers, resumes, deadlines, tokens. */
import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { channel, defineSocket } from "../../src/channels/index.ts";
import { type ClientError, type ClientSocket, type ConnectOptions, connect } from "../../src/client/index.ts";
import { ManualClock, SECOND } from "../../src/core/index.ts";
import { signToken, verifyToken } from "../../src/tokens/index.ts";
import { type Harness, startHarness } from "../channels/harness.ts";
import { MemoryHistory } from "../channels/memory-history.ts";

const hold = Promise.withResolvers<void>();

const room = channel("room:*", {
  params: z.object({ user: z.string().optional() }),
  events: { say: z.object({ text: z.string() }) },
  join: ({ user }, socket) => (user === "eve" ? socket.refuse({ reason: "not you" }) : socket.allow({ user })),
  on: {
    say: async ({ text }, socket) => {
      await socket.broadcastFrom("said", { text });
      return { length: text.length };
    },
    crash: () => {
      throw new Error("on purpose");
    },
    never: () => hold.promise,
    no: (_payload, socket) => socket.replyError({ reason: "no", retry: true }),
  },
  onBinary: { blob: (bytes) => ({ sum: bytes.reduce((sum, byte) => sum + byte, 0) }) },
});

const log = channel("log:*", {
  history: { keep: 5 },
  on: { add: async (payload, socket) => void (await socket.broadcast("added", payload)) },
});

const everybody = defineSocket({ connect: (info) => info.allow({ id: "all" }) });

function start(): Harness {
  return startHarness({ channels: [room, log], socket: everybody, store: new MemoryHistory() });
}

class Clients implements Disposable {
  readonly #sockets: ClientSocket[] = [];

  open({ url }: Pick<Harness, "url">, options: ConnectOptions = {}): ClientSocket {
    const socket = connect(url, { backoff: { baseMs: 5, capMs: 20 }, ...options });
    this.#sockets.push(socket);
    return socket;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}

/** Payloads of an event as they come. */
function listen<T>(on: (listener: (payload: T) => void) => unknown): {
  readonly all: T[];
  until(count: number): Promise<T[]>;
} {
  const all: T[] = [];
  let wake = () => {};
  on((payload) => {
    all.push(payload);
    wake();
  });
  return {
    all,
    async until(count) {
      while (all.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return all;
    },
  };
}

describe("a typed client", () => {
  test("joins, pushes and is answered, and hears the others", async () => {
    await using harness = start();
    using clients = new Clients();
    const ada = clients.open(harness).channel<typeof room>("room:1", { user: "ada" });
    const bob = clients.open(harness).channel<typeof room>("room:1", () => ({ user: "bob" }));
    await Promise.all([ada.joined, bob.joined]);
    const said = listen<{ text?: string }>((listener) => bob.on("said", listener));
    const { length } = await ada.push("say", { text: "hello" });
    expect(length).toBe(5);
    expect(await said.until(1)).toEqual([{ text: "hello" }]);
    expect(await ada.push("blob", new Uint8Array([1, 2, 3]).subarray(1))).toEqual({ sum: 5 });
  });

  test("is told why a push was refused, and whether it may be sent again", async () => {
    await using harness = start();
    using clients = new Clients();
    const ada = clients.open(harness).channel<typeof room>("room:1", {});
    await expect(ada.push("no", {})).rejects.toMatchObject({
      code: "push_refused",
      retryable: true,
      response: { reason: "no" },
    });
    await expect(ada.push("say", { text: 7 as never })).rejects.toMatchObject({
      code: "push_refused",
      retryable: false,
    });
  });

  test("is refused a join for good, once, and can do nothing then", async () => {
    await using harness = start();
    using clients = new Clients();
    const eve = clients.open(harness).channel<typeof room>("room:1", { user: "eve" });
    await expect(eve.joined).rejects.toMatchObject({ code: "join_refused", response: { reason: "not you" } });
    await expect(eve.push("say", { text: "x" })).rejects.toMatchObject({ code: "client_closed" });
    expect(harness.gateway.channels).toBe(0);
  });
});

describe("a push", () => {
  test("has a deadline", async () => {
    await using harness = start();
    using clients = new Clients();
    const ada = clients.open(harness).channel<typeof room>("room:1", {});
    await ada.joined;
    await expect(ada.push("never", {}, { deadlineMs: 30 })).rejects.toMatchObject({ code: "push_timeout" });
  });

  test("that was sent when the connection broke, or the channel crashed, is told that its end is unknown", async () => {
    await using harness = start();
    using clients = new Clients();
    const socket = clients.open(harness);
    const ada = socket.channel<typeof room>("room:1", {});
    await ada.joined;
    const pending = ada.push("never", {});
    const reached = ada.push("no", {}).catch(() => undefined); // It is behind the other: both are there, or lost.
    harness.gateway.disconnect("all");
    await expect(pending).rejects.toMatchObject({ code: "connection_lost" });
    await reached;
    const again = clients.open(harness).channel<typeof room>("room:2", {});
    await again.joined;
    await expect(again.push("crash", {})).rejects.toMatchObject({
      code: "push_refused",
      response: { reason: "channel_crash" },
    });
    expect(await again.push("say", { text: "back" })).toEqual({ length: 4 });
  });

  test("waits for the connection, and only so many do", async () => {
    await using harness = start();
    using clients = new Clients();
    const ada = clients.open(harness, { maxUnsent: 2 }).channel<typeof room>("room:1", {});
    const early = [ada.push("say", { text: "1" }), ada.push("say", { text: "22" })];
    await expect(ada.push("say", { text: "333" })).rejects.toMatchObject({ code: "too_many_unsent", retryable: true });
    expect(await Promise.all(early)).toEqual([{ length: 1 }, { length: 2 }]);
  });

  test("that still waits when its channel is left, or its client closed, is told so", async () => {
    await using harness = start();
    using clients = new Clients();
    const socket = clients.open(harness);
    const [left, closed] = [socket.channel<typeof room>("room:1", {}), socket.channel<typeof room>("room:2", {})];
    const codeOf = (thrown: unknown) => (thrown as ClientError).code;
    const waiting = [left.push("say", { text: "" }), closed.push("say", { text: "" })].map((push) =>
      push.catch(codeOf),
    );
    left.leave();
    left.leave();
    socket.close();
    socket.close();
    expect(await Promise.all(waiting)).toEqual(["client_closed", "client_closed"]);
  });
});

describe("a channel with history", () => {
  test("resumes by itself: nothing missed, nothing twice, over many breaks", async () => {
    await using harness = start();
    using clients = new Clients();
    const reader = clients.open(harness).channel<typeof log>("log:1");
    await reader.joined;
    const added = listen<Record<string, unknown>>((listener) => reader.on("added", listener));
    for (let i = 1; i <= 20; i++) {
      if (i % 3 === 0) harness.gateway.disconnect("all");
      await harness.broadcaster.broadcast({ topic: "log:1", event: "added", body: JSON.stringify({ i }) });
      if (i % 5 === 0) await added.until(i);
    }
    expect((await added.until(20)).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(reader.position).toBe(20);
  });

  test("says that there is a gap when what was missed is no longer held, and goes on from there", async () => {
    await using harness = start();
    using clients = new Clients();
    let user: Promise<string> | string = "first";
    const socket = clients.open(harness, { token: () => user });
    const reader = socket.channel<typeof log>("log:1");
    await reader.joined;
    const gap = new Promise<void>((resolve) => reader.onGap(resolve));
    const away = Promise.withResolvers<string>();
    user = away.promise;
    harness.backend.killWorker(); // Nobody can let the client in again for now.
    harness.gateway.disconnect("all");
    for (let i = 1; i <= 200; i++) await harness.broadcaster.broadcast({ topic: "log:1", event: "added", body: "{}" });
    harness.backend.startWorker();
    away.resolve("second");
    await gap;
    expect(reader.position).toBe(200);
  });
});

describe("the token", () => {
  const secret = "0123456789abcdef0123456789abcdef";

  test("is asked for anew for each connection, and shown when the server says that it has run out", async () => {
    const clock = new ManualClock();
    const shown: unknown[] = [];
    const judge = async (token: string | null) => {
      const verified = await verifyToken(token, { secret, clock, claims: z.object({ number: z.number() }) });
      shown.push(verified.claims.number);
      return verified;
    };
    const socket = defineSocket({
      connect: async (info) => info.allow({ id: "all", expiresAtMs: (await judge(info.token)).expiresAtMs }),
      refresh: async ({ token, allow }) => allow({ expiresAtMs: (await judge(token)).expiresAtMs }),
    });
    const refreshed = Promise.withResolvers<void>();
    await using harness = startHarness({
      channels: [room],
      socket,
      clock,
      limits: { idleLimitMs: Number.POSITIVE_INFINITY },
    });
    using clients = new Clients();
    let number = 0;
    const token = () => {
      number++;
      if (number === 2) setTimeout(() => refreshed.resolve(), 0);
      return signToken({ number }, { secret, maxAge: "1 minute", clock });
    };
    const client = clients.open(harness, { token });
    const ada = client.channel<typeof room>("room:1", {});
    await ada.joined;
    for (let i = 0; i < 62; i++) clock.advance(SECOND);
    await refreshed.promise;
    while (shown.length < 2) await ada.push("say", { text: "" });
    for (let i = 0; i < 40; i++) clock.advance(SECOND);
    expect(harness.gateway.connections).toBe(1);
    harness.gateway.disconnect("all");
    await ada.push("say", { text: "lost" }).catch(() => ada.push("say", { text: "again" }));
    expect(shown).toEqual([1, 2, 3]);
  });
});
