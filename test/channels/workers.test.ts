import { expect, test } from "bun:test";
import { channel, defineSocket } from "../../src/channels/index.ts";
import { answer, join, startHarness, transcript } from "./harness.ts";
import { openRaw } from "./raw-socket.ts";

const endings: unknown[] = [];

const room = channel("room:*", {
  join: (params, socket) => socket.allow({ n: 0, name: params.name }),
  on: {
    count(_payload, socket) {
      socket.assign({ n: socket.assigns.n + 1 });
      return { n: socket.assigns.n };
    },
    hang: () => new Promise(() => {}),
    whoami: (_payload, socket) => ({ ...socket.assigns, ...socket.socketAssigns, id: socket.socketId }),
    later(_payload, socket) {
      const owed = socket.replyRef();
      queueMicrotask(() => {
        socket.assign({ n: 100 });
        owed.reply({ n: socket.assigns.n });
      });
    },
  },
  terminate: (reason, socket) => {
    endings.push([socket.topic, reason, socket.assigns.n]);
  },
});

const named = defineSocket({ connect: ({ allow }) => allow({ id: "u:1", assigns: { role: "admin" } }) });

test("sockets stay joined while workers are replaced, and the next one goes on with their assigns", async () => {
  await using harness = startHarness({ channels: [room], socket: named });
  const socket = harness.client();
  socket.connect();
  const told = transcript(socket);
  const joined = socket.channel("room:1", { name: "ada" });
  await join(joined);
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 1 }]);
  harness.backend.killWorker();
  harness.backend.startWorker();
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 2 }]);
  expect(await answer(joined.push("later", {}))).toEqual(["ok", { n: 100 }]);
  harness.backend.killWorker();
  harness.backend.startWorker();
  expect(await answer(joined.push("whoami", {}))).toEqual(["ok", { n: 100, name: "ada", role: "admin", id: "u:1" }]);
  expect(told.messages.every(({ event }) => event === "phx_reply")).toBe(true);
});

test("pushes keep their order while a draining worker finishes what it has in hand", async () => {
  const slow = Promise.withResolvers<void>();
  const order: string[] = [];
  const ledger = channel("ledger", {
    join: (_params, socket) => socket.allow({ lines: [] as readonly string[] }),
    on: {
      async write({ line, wait }, socket) {
        if (wait) await slow.promise;
        order.push(String(line));
        socket.assign({ lines: [...socket.assigns.lines, String(line)] });
        return { lines: socket.assigns.lines };
      },
    },
  });
  await using harness = startHarness({ channels: [ledger] });
  const socket = harness.client();
  socket.connect();
  const joined = socket.channel("ledger");
  await join(joined);
  const first = answer(joined.push("write", { line: "first", wait: true }));
  await answer(socket.channel("ledger:none").join()); // By now the worker has the first push in hand.
  harness.backend.startWorker(); // The one before answers what it has in hand.
  const second = answer(joined.push("write", { line: "second" }));
  const third = answer(joined.push("write", { line: "third" }));
  await answer(socket.channel("ledger:none").join());
  expect(order).toEqual([]);
  slow.resolve();
  expect(await first).toEqual(["ok", { lines: ["first"] }]);
  expect(await second).toEqual(["ok", { lines: ["first", "second"] }]);
  expect(await third).toEqual(["ok", { lines: ["first", "second", "third"] }]);
});

test("a push that a dying worker had in hand is answered, and never asked twice", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client();
  socket.connect();
  const joined = socket.channel("room:1");
  await join(joined);
  const hanging = answer(joined.push("hang", {}));
  await answer(socket.channel("room:2").join()); // By now the worker has the first push in hand.
  harness.backend.killWorker();
  expect(await hanging).toEqual(["error", { reason: "worker_restarted", retry: true }]);
  expect(await answer(joined.push("count", {}))).toEqual(["error", { reason: "worker_restarted", retry: true }]);
  harness.backend.startWorker();
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 1 }]);
});

test("a join that a dying worker had in hand is asked of the next one", async () => {
  let first = true;
  const asked = Promise.withResolvers<void>();
  const slow = channel("slow", {
    join: async (_params, socket) => {
      if (!first) return socket.allow({}, { worker: "second" });
      first = false;
      asked.resolve();
      return new Promise<never>(() => {});
    },
  });
  await using harness = startHarness({ channels: [slow] });
  const socket = harness.client();
  socket.connect();
  const joined = join(socket.channel("slow"));
  await asked.promise;
  harness.backend.replaceWorker();
  expect(await joined).toEqual({ worker: "second" });
});

test("without any worker a join is refused with a time to wait, and sockets stay open", async () => {
  await using harness = startHarness({ channels: [room] });
  harness.backend.killWorker();
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "room:1", "phx_join", {}]);
  expect(await raw.take()).toEqual([
    "1",
    "1",
    "room:1",
    "phx_reply",
    { status: "error", response: { reason: "unavailable", retry_after: 1 } },
  ]);
  harness.backend.startWorker();
  raw.send(["2", "2", "room:1", "phx_join", {}]);
  expect(await raw.take()).toMatchObject(["2", "2", "room:1", "phx_reply", { status: "ok" }]);
});

test("a channel that ends under a new worker runs its terminate there, with its assigns", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client();
  socket.connect();
  const joined = socket.channel("room:moved");
  await join(joined);
  await answer(joined.push("count", {}));
  const told = transcript(socket);
  harness.backend.replaceWorker();
  joined.leave();
  await told.until((events) => events.includes("phx_close"));
  expect(endings).toContainEqual(["room:moved", "left", 1]);
  expect(harness.backend.host.size).toBe(0);
});

test("a worker forgets channels whose socket has closed", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client();
  socket.connect();
  await join(socket.channel("room:1"));
  await join(socket.channel("room:2"));
  expect(harness.backend.host.size).toBe(2);
  await new Promise<void>((resolve) => socket.disconnect(resolve));
  expect([harness.gateway.connections, harness.gateway.channels, harness.backend.host.size]).toEqual([0, 0, 0]);
});

test("a gateway that is gone takes its channels at the workers with it", async () => {
  await using harness = startHarness({ channels: [room] });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "room:gateway", "phx_join", {}]);
  await raw.take();
  harness.backend.host.gatewayGone("another");
  expect(harness.backend.host.size).toBe(1);
  harness.backend.host.gatewayGone(harness.gateway.id);
  raw.send([null, "2", "phoenix", "heartbeat", {}]);
  await raw.take();
  expect([harness.backend.host.size, endings.at(-1)]).toEqual([0, ["room:gateway", "closed", 0]]);
});

test("new code may take other topics; what is joined goes on", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client({ rejoinAfterMs: () => 60_000 });
  socket.connect();
  const joined = socket.channel("room:1");
  await join(joined);
  harness.gateway.replaceManifest({ authorizesConnect: false, channels: [] });
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 1 }]);
  expect(await answer(socket.channel("room:2").join())).toEqual(["error", { reason: "unmatched topic" }]);
});
