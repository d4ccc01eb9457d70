import { expect, test } from "bun:test";
import { channel } from "../../src/channels/index.ts";
import { startHarness } from "./harness.ts";
import { MemoryHistory } from "./memory-history.ts";
import { openRaw, type RawSocket } from "./raw-socket.ts";

const chat = channel("chat:*", {
  history: { keep: 100 },
  join: (params, socket) => socket.allow({ blocked: params.blocked as string }),
  intercept: {
    async said(payload, socket) {
      await new Promise((resolve) => setImmediate(resolve));
      if (payload.by === "bug") throw new Error("bug in a filter");
      return payload.by === socket.assigns.blocked ? null : { by: payload.by, to: socket.assigns.blocked };
    },
  },
});

async function enter(raw: RawSocket, params: object): Promise<void> {
  raw.send(["1", "1", "chat:1", "phx_join", params]);
  await raw.take();
}

const said = async (raw: RawSocket) => ((await raw.take()) as unknown[]).slice(3);

test("each subscriber sees what its filter leaves of a broadcast, in the topic's order", async () => {
  await using harness = startHarness({ channels: [chat], store: new MemoryHistory() });
  await using ada = await openRaw(harness.port);
  await using bob = await openRaw(harness.port);
  await Promise.all([enter(ada, { blocked: "eve" }), enter(bob, { blocked: "mallory" })]);
  const send = (event: string, payload: object) =>
    harness.broadcaster.broadcast({ topic: "chat:1", event, body: JSON.stringify(payload) });
  await Promise.all([
    send("said", { by: "eve" }),
    send("typing", {}),
    send("said", { by: "mallory" }),
    send("typing", {}),
  ]);
  expect([await said(ada), await said(ada), await said(ada)]).toEqual([
    ["typing", { seq: 2 }],
    ["said", { by: "mallory", to: "eve", seq: 3 }],
    ["typing", { seq: 4 }],
  ]);
  expect([await said(bob), await said(bob), await said(bob)]).toEqual([
    ["said", { by: "eve", to: "mallory", seq: 1 }],
    ["typing", { seq: 2 }],
    ["typing", { seq: 4 }],
  ]);
});

test("what was missed is filtered too, before anything live", async () => {
  await using harness = startHarness({ channels: [chat], store: new MemoryHistory() });
  const send = (by: string) =>
    harness.broadcaster.broadcast({ topic: "chat:1", event: "said", body: JSON.stringify({ by }) });
  for (const by of ["eve", "ada", "eve", "bob"]) await send(by);
  await using raw = await openRaw(harness.port);
  await enter(raw, { blocked: "eve", since: 0 });
  await send("cyd");
  expect([await said(raw), await said(raw), await said(raw)]).toEqual([
    ["said", { by: "ada", seq: 2, to: "eve" }],
    ["said", { by: "bob", seq: 4, to: "eve" }],
    ["said", { by: "cyd", seq: 5, to: "eve" }],
  ]);
});

test("a filter that throws hides the message, and says so in the events", async () => {
  await using harness = startHarness({ channels: [chat], store: new MemoryHistory() });
  await using raw = await openRaw(harness.port);
  await enter(raw, { blocked: "eve" });
  const caught = harness.events.next("error.caught");
  for (const by of ["bug", "ada"]) {
    await harness.broadcaster.broadcast({ topic: "chat:1", event: "said", body: JSON.stringify({ by }) });
  }
  expect((await caught).stage).toBe("channel.intercept");
  expect(await said(raw)).toEqual(["said", { by: "ada", seq: 2, to: "eve" }]);
});

test("when no worker can filter, clients of a topic with history join again and miss nothing", async () => {
  await using harness = startHarness({ channels: [chat], store: new MemoryHistory() });
  await using raw = await openRaw(harness.port);
  await enter(raw, { blocked: "eve" });
  harness.backend.killWorker();
  await harness.broadcaster.broadcast({ topic: "chat:1", event: "said", body: '{"by":"ada"}' });
  expect(await raw.take()).toEqual(["1", "1", "chat:1", "phx_error", { reason: "history_gap" }]);
  harness.backend.startWorker();
  await enter(raw, { blocked: "eve", since: 0 });
  expect(await said(raw)).toEqual(["said", { by: "ada", seq: 1, to: "eve" }]);
});
