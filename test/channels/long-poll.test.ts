import { expect, test } from "bun:test";
import { channel, defineSocket, LongPolls } from "../../src/channels/index.ts";
import { ManualClock } from "../../src/core/index.ts";
import { startHarness } from "./harness.ts";

const live = channel("live:*", { on: { echo: (payload) => payload } });

interface Answer {
  readonly status: number;
  readonly token: string;
  readonly messages: readonly string[];
}

const ask = async (port: number, query: string, init: RequestInit = {}) => {
  const response = await fetch(`http://127.0.0.1:${port}/socket/longpoll?vsn=2.0.0${query}`, init);
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
  return (await response.json()) as Answer;
};

const post = (port: number, token: string, lines: string, headers: Record<string, string> = {}) =>
  ask(port, `&token=${token}`, {
    method: "POST",
    body: lines,
    headers: { "content-type": "application/x-ndjson", ...headers },
  });

test("a session opens with 410 and a token; then 200 with messages as texts", async () => {
  await using harness = startHarness({ channels: [live] });
  const { status, token, messages } = await ask(harness.port, "");
  expect([status, messages]).toEqual([410, []]);
  const lines = [
    ["1", "1", "live:1", "phx_join", {}],
    ["1", "2", "live:1", "echo", { n: 1 }],
  ].map((line) => JSON.stringify(line));
  expect((await post(harness.port, token, lines.join("\n"))).status).toBe(200);
  const got: string[] = [];
  while (got.length < 2) got.push(...(await ask(harness.port, `&token=${token}`)).messages);
  expect(got.map((text) => JSON.parse(text)[1])).toEqual(["1", "2"]);
});

test("the token may come in the header, which wins, and beside a token param of the app's own", async () => {
  let seen: unknown;
  const socket = defineSocket({
    connect({ params, token, allow }) {
      seen = { params, token };
      return allow();
    },
  });
  await using harness = startHarness({ channels: [live], socket });
  const { token } = await ask(harness.port, "&token=mine", { headers: { "x-phoenix-authtoken": "secret" } });
  expect(seen).toEqual({ params: { token: "mine" }, token: "secret" });
  const heartbeat = JSON.stringify([null, "1", "phoenix", "heartbeat", {}]);
  expect((await post(harness.port, `mine&token=${token}`, heartbeat)).status).toBe(200);
  const polled = await ask(harness.port, "&token=lp_gone", { headers: { "x-phoenix-longpoll-token": token } });
  expect([polled.status, polled.messages.length]).toEqual([200, 1]);
});

test("204 after a window without a message; gone after a window and a half without a poll", async () => {
  const clock = new ManualClock();
  await using harness = startHarness({ channels: [live], clock });
  const sessions = new LongPolls(harness.gateway);
  const outcome = await harness.gateway.connect(() => {
    throw new Error("nobody is asked");
  }, "2.0.0");
  if (outcome.kind !== "admitted") throw new Error(outcome.reason);
  const token = sessions.open(outcome.admission).token as string;
  const polling = sessions.poll(token);
  clock.advance(10_000);
  expect(await polling).toEqual({ status: 204, token, messages: [] });
  clock.advance(14_999);
  expect([sessions.size, harness.gateway.connections]).toEqual([1, 1]);
  clock.advance(1);
  expect([sessions.size, harness.gateway.connections]).toEqual([0, 0]);
  expect((await sessions.poll(token)).status).toBe(410);
  expect(sessions.publish(token, "[]", true)).toEqual({ status: 410 });
});

test("403 when the app refuses, and when the token is forged it is gone", async () => {
  const refusing = defineSocket({ connect: ({ refuse }) => refuse() });
  await using harness = startHarness({ channels: [live], socket: refusing });
  expect((await ask(harness.port, "")).status).toBe(403);
  expect((await ask(harness.port, "&token=lp_forged")).status).toBe(410);
  expect((await post(harness.port, "lp_forged", "[]")).status).toBe(410);
});

test.each([
  ["no JSON", "[1,"],
  ["no message", "[]"],
  ["no base64", "!!"],
  ["bytes that are no frame", btoa("\x09")],
])("a line that is %s ends its session alone", async (_what, line) => {
  await using harness = startHarness({ channels: [live] });
  const [bad, well] = [await ask(harness.port, ""), await ask(harness.port, "")];
  expect((await post(harness.port, bad.token, line)).status).toBe(410);
  expect((await ask(harness.port, `&token=${bad.token}`)).status).toBe(410);
  expect((await post(harness.port, well.token, JSON.stringify([null, "1", "phoenix", "heartbeat", {}]))).status).toBe(
    200,
  );
});

test("too many lines, and too long a body, are refused whole", async () => {
  await using harness = startHarness({ channels: [live], limits: { maxPayloadBytes: 2_000 } });
  const { token } = await ask(harness.port, "");
  expect((await post(harness.port, token, "[]\n".repeat(1_001))).status).toBe(413);
  expect((await post(harness.port, token, "x".repeat(8_001))).status).toBe(413);
  expect((await post(harness.port, token, JSON.stringify([null, "1", "phoenix", "heartbeat", {}]))).status).toBe(200);
});

test("what waits for a client that does not poll is bounded (CVE-2026-32689)", async () => {
  await using harness = startHarness({ channels: [live], limits: { maxQueueBytes: 10_000 } });
  const { token } = await ask(harness.port, "");
  await post(harness.port, token, JSON.stringify(["1", "1", "live:1", "phx_join", {}]));
  const closed = harness.events.next("socket.closed-by-server");
  for (let n = 0; n < 20; n++) {
    harness.gateway.deliverBroadcast({
      topic: "live:1",
      event: "e",
      body: JSON.stringify({ fill: "x".repeat(1_000) }),
    });
  }
  expect(await closed).toMatchObject({ code: 4001 });
  expect((await ask(harness.port, `&token=${token}`)).status).toBe(410);
});

test("a page of another allowed origin may ask, after a preflight", async () => {
  await using harness = startHarness({ channels: [live], origin: ["https://app.example"] });
  const url = `http://127.0.0.1:${harness.port}/socket/longpoll?vsn=2.0.0`;
  const preflight = await fetch(url, { method: "OPTIONS", headers: { origin: "https://app.example" } });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
    204,
    "https://app.example",
  ]);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("x-phoenix-authtoken");
  expect((await fetch(url, { method: "DELETE" })).status).toBe(405);
});
