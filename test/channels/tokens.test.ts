/** Signed tokens on real sockets: who gets in, how a connected client shows a new one, what becomes of one that does not. */
import { describe, expect, test } from "bun:test";
import { channel, defineSocket } from "../../src/channels/index.ts";
import { ManualClock, MINUTE, SECOND } from "../../src/core/index.ts";
import { createReplayGuard, signToken, TokenError, verifyToken } from "../../src/tokens/index.ts";
import { type Harness, startHarness } from "./harness.ts";
import { openRaw, type RawSocket } from "./raw-socket.ts";

const secret = "0123456789abcdef0123456789abcdef";
const who = channel("who", { on: { ask: (_payload, socket) => socket.socketAssigns } });

function start(clock: ManualClock): Harness {
  const once = createReplayGuard({ clock });
  const socket = defineSocket({
    async connect(info) {
      try {
        const { claims, expiresAtMs } = await verifyToken(info.token, { secret, clock });
        return info.allow({ id: `user:${claims.user}`, assigns: claims, expiresAtMs });
      } catch (thrown) {
        return info.refuse({ reason: (thrown as TokenError).code });
      }
    },
    async refresh({ token, socket, allow, refuse }) {
      try {
        const { claims, expiresAtMs } = await verifyToken(token, { secret, clock, once });
        if (claims.user !== socket.assigns.user) return refuse({ reason: "another user's token" });
        return allow({ assigns: claims, expiresAtMs });
      } catch (thrown) {
        if (thrown instanceof TokenError) return refuse({ reason: thrown.code });
        throw thrown;
      }
    },
  });
  return startHarness({
    channels: [who],
    socket,
    clock,
    limits: { tokenGraceMs: 10 * SECOND, idleLimitMs: Number.POSITIVE_INFINITY },
  });
}

const sign = (claims: object, clock: ManualClock, maxAge = "1 minute") =>
  signToken({ ...claims }, { secret, maxAge, clock });

function open({ port }: Harness, token: string): Promise<RawSocket> {
  return openRaw(port, "vsn=2.0.0", {
    protocols: ["phoenix", `base64url.bearer.phx.${btoa(token).replaceAll("=", "")}`],
  });
}

async function show(socket: RawSocket, token: unknown): Promise<unknown> {
  socket.send([null, "7", "phoenix", "token", { token }]);
  return socket.take();
}

const reply = (status: string, response: object) => [null, "7", "phoenix", "phx_reply", { status, response }];

describe("connecting", () => {
  test("takes a signed token, and refuses a forged, an expired and a missing one", async () => {
    const clock = new ManualClock();
    await using harness = start(clock);
    const reasons: string[] = [];
    harness.events.on("socket.refused", ({ reason }) => void reasons.push(reason));
    await using _ada = await open(harness, await sign({ user: "ada" }, clock));
    const forged = await signToken({ user: "ada" }, { secret: secret.toUpperCase(), clock });
    const expired = await sign({ user: "ada" }, clock, "1 second");
    clock.advance(2 * SECOND);
    for (const token of [forged, expired]) await expect(open(harness, token)).rejects.toThrow();
    await expect(openRaw(harness.port)).rejects.toThrow();
    expect(reasons).toEqual(["token_bad_signature", "token_expired", "token_missing"]);
    expect(harness.gateway.connections).toBe(1);
  });
});

describe("a connected client", () => {
  test("is told when its token runs out, and closed with 4004 when it shows no new one in time", async () => {
    const clock = new ManualClock();
    await using harness = start(clock);
    await using socket = await open(harness, await sign({ user: "ada" }, clock));
    for (let at = 0; at < 61; at++) clock.advance(SECOND);
    expect(await socket.take()).toEqual([null, null, "phoenix", "token_expired", { close_in: expect.any(Number) }]);
    for (let at = 0; at < 11; at++) clock.advance(SECOND);
    expect(await socket.closed).toEqual({ code: 4004, reason: "token expired" });
  });

  test("stays, with what the new token says, when it shows one in time", async () => {
    const clock = new ManualClock();
    await using harness = start(clock);
    await using socket = await open(harness, await sign({ user: "ada", role: "guest" }, clock));
    socket.send(["1", "1", "who", "phx_join", {}]);
    await socket.take();
    expect(await show(socket, await sign({ user: "ada", role: "admin" }, clock, "1 hour"))).toEqual(
      reply("ok", { expires_in: expect.any(Number) }),
    );
    for (let at = 0; at < 50; at++) clock.advance(SECOND);
    socket.send(["1", "2", "who", "ask", {}]);
    expect(await socket.take()).toEqual([
      "1",
      "2",
      "who",
      "phx_reply",
      { status: "ok", response: { user: "ada", role: "admin" } },
    ]);
    for (let at = 0; at < 30; at++) clock.advance(SECOND);
    expect(harness.gateway.connections).toBe(1);
  });

  test("hears why a token is not taken, and goes on with the one it had", async () => {
    const clock = new ManualClock();
    await using harness = start(clock);
    await using socket = await open(harness, await sign({ user: "ada" }, clock));
    const replayed = await sign({ user: "ada" }, clock);
    expect(await show(socket, replayed)).toEqual(reply("ok", { expires_in: 60 }));
    const expired = await sign({ user: "ada" }, clock, "1 second");
    clock.advance(2 * SECOND);
    const wrong: readonly (readonly [unknown, string])[] = [
      [replayed, "token_replayed"],
      [expired, "token_expired"],
      [await sign({ user: "eve" }, clock), "another user's token"],
      ["garbage", "token_malformed"],
      ["", "invalid payload"],
      [{ $: 1 }, "invalid payload"],
      [undefined, "invalid payload"],
    ];
    for (const [token, reason] of wrong) expect(await show(socket, token)).toEqual(reply("error", { reason }));
    expect(harness.gateway.connections).toBe(1);
  });

  test("hears that a refresh is not supported where the app has no such handler, and of other events on that topic", async () => {
    await using harness = startHarness({ channels: [who], socket: defineSocket({ connect: (info) => info.allow() }) });
    await using socket = await openRaw(harness.port);
    expect(await show(socket, "any")).toEqual(reply("error", { reason: "refresh not supported" }));
    socket.send([null, "7", "phoenix", "tokens", {}]);
    expect(await socket.take()).toEqual(reply("error", { reason: "unmatched topic" }));
  });

  test("hears that it may try again when no worker is up to judge its token", async () => {
    await using harness = startHarness({ channels: [who], socket: defineSocket({ connect: (info) => info.allow() }) });
    await using socket = await openRaw(harness.port);
    harness.backend.killWorker();
    expect(await show(socket, "any")).toEqual(reply("error", { reason: "unavailable", retry: true, retry_after: 1 }));
  });
});

test("sockets without an end are not closed for one", async () => {
  const clock = new ManualClock();
  await using harness = startHarness({ channels: [who], clock, limits: { idleLimitMs: Number.POSITIVE_INFINITY } });
  await using _socket = await openRaw(harness.port);
  clock.advance(10 * MINUTE);
  expect(harness.gateway.connections).toBe(1);
});
