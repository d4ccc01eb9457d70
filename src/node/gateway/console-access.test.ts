import { describe, expect, test } from "bun:test";
import { ManualClock, MINUTE } from "../../core/index.ts";
import { createConsoleAccess, SESSION_MS } from "./console-access.ts";

const TOKEN = "correct-horse-battery";
const PEER = "10.0.0.7";

function withToken(token: string = TOKEN) {
  const clock = new ManualClock();
  const access = createConsoleAccess(token, clock);
  const enter = async () => {
    const outcome = await access.login(token, PEER);
    if (outcome.kind !== "welcome") throw new Error(`expected welcome, found ${outcome.kind}`);
    return outcome.cookie;
  };
  const sessionOf = (cookie: string) => access.session({ cookie, host: "node.example", peer: PEER, isForwarded: true });
  return { clock, access, enter, sessionOf };
}

describe("a console with a token", () => {
  test("lets in whoever knows it, until the session expires", async () => {
    const { clock, enter, sessionOf } = withToken();
    const cookie = await enter();
    expect(await sessionOf(cookie)).toMatchObject({ expiresAtMs: clock.wallMs() + SESSION_MS });
    clock.advance(SESSION_MS + 1_000);
    expect(await sessionOf(cookie)).toBeUndefined();
  });

  test("knows no session that was logged out, forged, or made under another token", async () => {
    const { access, enter, sessionOf } = withToken();
    const cookie = await enter();
    expect(await withToken("another-long-token").sessionOf(cookie)).toBeUndefined();
    expect(await sessionOf(`${cookie.slice(0, -2)}AA`)).toBeUndefined();
    const session = await sessionOf(cookie);
    if (session) access.logout(session);
    expect(await sessionOf(cookie)).toBeUndefined();
  });

  test("knows its sessions after a restart", async () => {
    const cookie = await withToken().enter();
    expect(await withToken().sessionOf(cookie)).toBeDefined();
  });

  test("lets an address that tried wrong tokens wait a minute, and nobody else", async () => {
    const { clock, access } = withToken();
    for (let i = 0; i < 5; i++) expect((await access.login("wrong", PEER)).kind).toBe("wrong");
    expect((await access.login(TOKEN, PEER)).kind).toBe("wait");
    expect((await access.login(TOKEN, "10.0.0.8")).kind).toBe("welcome");
    clock.advance(MINUTE + 1);
    expect((await access.login(TOKEN, PEER)).kind).toBe("welcome");
  });
});

describe("an open console", () => {
  const { access } = withToken("open");

  test.each([
    ["127.0.0.1", "localhost:4000"],
    ["::1", "[::1]:4000"],
    ["::ffff:127.0.0.1", "127.0.0.1:4000"],
  ])("lets %s in as %s", async (peer, host) => {
    expect(await access.session({ cookie: undefined, host, peer, isForwarded: false })).toBeDefined();
  });

  test.each([
    ["another machine", "10.0.0.7", "localhost:4000"],
    ["a name that was made to point here", "127.0.0.1", "evil.example:4000"],
    ["a name that only looks local", "127.0.0.1", "127.0.0.1.evil.example"],
    ["an unknown address", "", "localhost"],
    ["a request without a host", "127.0.0.1", null],
  ])("refuses %s", async (_whom, peer, host) => {
    expect(await access.session({ cookie: undefined, host, peer, isForwarded: false })).toBeUndefined();
  });
});

test("an open console refuses what a proxy on the same machine passes on", async () => {
  const { access } = withToken("open");
  expect(
    await access.session({ cookie: undefined, host: "localhost", peer: "127.0.0.1", isForwarded: true }),
  ).toBeUndefined();
});

test("a console that is off lets nobody in", async () => {
  const access = createConsoleAccess(undefined, new ManualClock());
  expect(access.mode).toBe("off");
  expect((await access.login("", PEER)).kind).toBe("wrong");
  expect(
    await access.session({ cookie: undefined, host: "localhost", peer: "127.0.0.1", isForwarded: false }),
  ).toBeUndefined();
});
