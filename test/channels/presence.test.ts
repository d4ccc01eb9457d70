import { describe, expect, test } from "bun:test";
import { channel } from "../../src/channels/index.ts";
import { CLIENTS } from "./clients.ts";
import { answer, join, startHarness } from "./harness.ts";
import { openRaw } from "./raw-socket.ts";

const room = channel("room:*", {
  presence: true,
  join(params, socket) {
    if (params.user !== undefined) socket.track(params.user as string, { device: params.device });
    return socket.allow();
  },
  on: {
    update: ({ key, ...meta }, socket) => socket.update(key as string, meta),
    untrack: ({ key }, socket) => socket.untrack(key as string),
    list: async (_payload, socket) => ({ ...(await socket.presences()) }),
    crash() {
      throw new Error("boom");
    },
  },
});

for (const kind of CLIENTS) {
  describe(kind.name, () => {
    test("the client's Presence sees joins, updates and leaves as they are", async () => {
      await using harness = startHarness({ channels: [room] });
      const socketOf = () => {
        const socket = harness.client({ transport: kind.transport }, kind.Socket);
        socket.connect();
        return socket;
      };
      const watching = socketOf().channel("room:1");
      const presence = new kind.Presence(watching);
      const steps: unknown[] = [];
      presence.onJoin((key, current, joined) =>
        steps.push(["join", key, current?.metas.length ?? 0, joined.metas[0]?.device]),
      );
      presence.onLeave((key, current, left) => steps.push(["leave", key, current.metas.length, left.metas[0]?.device]));
      const synced = (enough: () => boolean) =>
        new Promise<void>((resolve) => {
          const check = () => enough() && resolve();
          presence.onSync(check);
          check();
        });
      await join(watching);
      const phone = socketOf().channel("room:1", { user: "ada", device: "phone" });
      await join(phone);
      await synced(() => steps.length === 1);
      const laptopSocket = socketOf();
      const laptop = laptopSocket.channel("room:1", { user: "ada", device: "laptop" });
      await join(laptop);
      await synced(() => steps.length === 2);
      expect(presence.list((key, { metas }) => [key, metas.map(({ device }) => device)])).toEqual([
        ["ada", ["phone", "laptop"]],
      ]);
      await answer(phone.push("update", { key: "ada", device: "tablet" }));
      await synced(() => steps.length === 4);
      if (kind.transport === WebSocket) laptopSocket.disconnect();
      else laptop.leave(); // A long-poll client that goes silently is gone after a window and a half.
      await synced(() => steps.length === 5);
      await answer(phone.push("untrack", { key: "ada" }));
      await synced(() => steps.length === 6);
      expect(presence.list()).toEqual([]);
      expect(steps).toEqual([
        ["join", "ada", 0, "phone"],
        ["join", "ada", 1, "laptop"],
        ["join", "ada", 2, "tablet"],
        ["leave", "ada", 2, "phone"],
        ["leave", "ada", 1, "laptop"],
        ["leave", "ada", 0, "tablet"],
      ]);
    });
  });
}

test("presence_state comes after every join, and a diff has the shapes that clients expect", async () => {
  await using harness = startHarness({ channels: [room] });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "room:1", "phx_join", { user: "ada", device: 1 }]);
  expect(await raw.take()).toMatchObject(["1", "1", "room:1", "phx_reply", {}]);
  expect(await raw.take()).toEqual(["1", null, "room:1", "presence_state", {}]);
  const [, , , , joined] = (await raw.take()) as [
    null,
    null,
    string,
    string,
    { joins: { ada: { metas: { phx_ref: string }[] } } },
  ];
  const ref = joined.joins.ada.metas[0]?.phx_ref as string;
  expect(joined).toEqual({ joins: { ada: { metas: [{ device: 1, phx_ref: ref }] } }, leaves: {} } as never);
  raw.send(["1", "2", "room:1", "update", { key: "ada", device: 2 }]);
  expect(await raw.take()).toMatchObject(["1", "2", "room:1", "phx_reply", {}]);
  expect(await raw.take()).toEqual([
    null,
    null,
    "room:1",
    "presence_diff",
    {
      joins: { ada: { metas: [{ device: 2, phx_ref: expect.any(String), phx_ref_prev: ref }] } },
      leaves: { ada: { metas: [{ device: 1, phx_ref: ref }] } },
    },
  ]);
  raw.send(["1", "3", "room:1", "list", {}]);
  expect(await raw.take()).toMatchObject([
    "1",
    "3",
    "room:1",
    "phx_reply",
    { response: { ada: { metas: [{ device: 2 }] } } },
  ]);
  raw.send(["1", "4", "room:1", "crash", {}]);
  expect(await raw.take()).toMatchObject(["1", "4", "room:1", "phx_reply", { status: "error" }]);
  expect(harness.gateway.presence.size).toBe(0);
});

test("a burst of joins is a few diffs, and who came and went within it is never spoken of", async () => {
  await using harness = startHarness({ channels: [room], limits: { presenceWindowMs: 50 } });
  await using watching = await openRaw(harness.port);
  watching.send(["1", "1", "room:1", "phx_join", {}]);
  await watching.take();
  await watching.take();
  await using crowd = await openRaw(harness.port);
  for (let n = 0; n < 20; n++) crowd.send([`${n}`, `${n}`, "room:1", "phx_join", { user: `u${n}` }]);
  const [, , , event, diff] = (await watching.take()) as [
    null,
    null,
    string,
    string,
    { joins: object; leaves: object },
  ];
  // On one socket each join replaced the one before, within the window.
  expect([event, Object.keys(diff.joins), Object.keys(diff.leaves)]).toEqual(["presence_diff", ["u19"], []]);
});

test("no zombies after ten thousand random joins, leaves, updates and lost connections", async () => {
  await using harness = startHarness({ channels: [room], limits: { messagesPerSecond: Number.POSITIVE_INFINITY } });
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openRaw(harness.port)));
  for (let step = 0; step < 10_000; step++) {
    const index = random(sockets.length);
    const raw = sockets[index];
    const topic = `room:${random(4)}`;
    const act = random(10);
    if (act < 5) raw?.send([`${step}`, `${step}`, topic, "phx_join", { user: `u${random(8)}` }]);
    else if (act < 7) raw?.send([null, `${step}`, topic, "phx_leave", {}]);
    else if (act < 9) raw?.send([null, `${step}`, topic, "update", { key: `u${random(8)}`, step }]);
    else {
      await raw?.[Symbol.asyncDispose]();
      sockets[index] = await openRaw(harness.port);
    }
  }
  for (const raw of sockets) {
    raw.send([null, "end", "phoenix", "heartbeat", {}]);
    while (!raw.frames.some((frame) => (frame as unknown[])[1] === "end")) await raw.take();
  }
  await Promise.all(sockets.map((raw) => raw[Symbol.asyncDispose]()));
  while (harness.gateway.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  expect([harness.gateway.presence.size, harness.gateway.channels, harness.backend.host.size]).toEqual([0, 0, 0]);
});
