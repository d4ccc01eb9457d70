import { expect, test } from "bun:test";
import { type Assigns, channel, type JoinResult } from "../../src/channels/index.ts";
import { startHarness } from "./harness.ts";
import { openRaw } from "./raw-socket.ts";

const slowJoins: (() => void)[] = [];
const endings: string[] = [];
const rooms = [
  channel("room:*", {
    on: { echo: (payload) => payload, say: (payload, socket) => void socket.broadcast("said", payload) },
    terminate: (reason) => void endings.push(reason),
  }),
  channel("slow:*", {
    join: (_params, socket) =>
      new Promise<JoinResult<Assigns>>((resolve) => slowJoins.push(() => resolve(socket.allow()))),
    on: { echo: (payload) => payload },
  }),
];
const ok = (response: object = {}) => ({ status: "ok", response });

test("refs are echoed verbatim, whatever they are, and join_ref is not coupled to ref", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["11", "1", "room:1", "phx_join", {}]);
  expect(await raw.take()).toEqual(["11", "1", "room:1", "phx_reply", ok()]);
  raw.send(["11", "z", "room:1", "echo", { a: 1 }]);
  expect(await raw.take()).toEqual(["11", "z", "room:1", "phx_reply", ok({ a: 1 })]);
  raw.send([5, 6, "room:2", "phx_join", {}]);
  expect(await raw.take()).toEqual([5, 6, "room:2", "phx_reply", ok()]);
});

test("joining again on one socket: the new reply first, then phx_close with the old join_ref", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  endings.length = 0;
  raw.send(["1", "1", "room:1", "phx_join", {}]);
  await raw.take();
  raw.send(["2", "2", "room:1", "phx_join", {}]);
  expect(await raw.take()).toEqual(["2", "2", "room:1", "phx_reply", ok()]);
  expect(await raw.take()).toEqual(["1", "1", "room:1", "phx_close", {}]);
  expect(endings).toEqual(["replaced"]);
  raw.send(["2", "3", "room:1", "say", { n: 1 }]);
  expect(await raw.take()).toEqual([null, null, "room:1", "said", { n: 1 }]);
  expect(await raw.take()).toEqual(["2", "3", "room:1", "phx_reply", ok()]);
  expect(harness.gateway.channels).toBe(1);
});

test("a message of an earlier join is dropped, leaves too; one without join_ref is taken", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["7", "1", "room:1", "phx_join", {}]);
  await raw.take();
  raw.send(["6", "2", "room:1", "echo", { old: true }]);
  raw.send(["6", "3", "room:1", "phx_leave", {}]);
  raw.send([null, "4", "room:1", "echo", { none: true }]);
  expect(await raw.take()).toEqual(["7", "4", "room:1", "phx_reply", ok({ none: true })]);
});

test("a topic that is not joined: leaving is ok, all else is unmatched", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "room:1", "phx_leave", {}]);
  expect(await raw.take()).toEqual(["1", "1", "room:1", "phx_reply", ok()]);
  raw.send(["1", "2", "room:1", "echo", {}]);
  expect(await raw.take()).toEqual([
    null,
    "2",
    "room:1",
    "phx_reply",
    { status: "error", response: { reason: "unmatched topic" } },
  ]);
  raw.send(["1", "3", "nowhere", "phx_join", {}]);
  expect(await raw.take()).toEqual([
    null,
    "3",
    "nowhere",
    "phx_reply",
    { status: "error", response: { reason: "unmatched topic" } },
  ]);
});

test("a heartbeat is answered with join_ref null, and nothing else ever bears its ref", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send([null, "1", "phoenix", "heartbeat", {}]);
  expect(await raw.take()).toEqual([null, "1", "phoenix", "phx_reply", ok()]);
  raw.send([null, "2", "phoenix", "phx_join", {}]);
  expect(await raw.take()).toMatchObject([
    null,
    "2",
    "phoenix",
    "phx_reply",
    { response: { reason: "unmatched topic" } },
  ]);
});

test("a push without a ref is not answered", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "room:1", "phx_join", {}]);
  await raw.take();
  raw.send(["1", null, "room:1", "echo", {}]);
  raw.send(["1", "3", "room:1", "echo", { n: 3 }]);
  expect(await raw.take()).toEqual(["1", "3", "room:1", "phx_reply", ok({ n: 3 })]);
});

test("what is sent while the join is on its way waits for it", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "slow:1", "phx_join", {}]);
  raw.send(["1", "2", "slow:1", "echo", { early: true }]);
  raw.send([null, "3", "phoenix", "heartbeat", {}]);
  expect(await raw.take()).toMatchObject([null, "3", "phoenix", "phx_reply", {}]);
  slowJoins.pop()?.();
  expect(await raw.take()).toEqual(["1", "1", "slow:1", "phx_reply", ok()]);
  expect(await raw.take()).toEqual(["1", "2", "slow:1", "phx_reply", ok({ early: true })]);
});

test("a leave that overtakes its join: ok and phx_close, and the join is void", async () => {
  await using harness = startHarness({ channels: rooms });
  await using raw = await openRaw(harness.port);
  raw.send(["1", "1", "slow:1", "phx_join", {}]);
  raw.send(["1", "2", "slow:1", "phx_leave", {}]);
  expect(await raw.take()).toEqual(["1", "2", "slow:1", "phx_reply", ok()]);
  expect(await raw.take()).toEqual(["1", "1", "slow:1", "phx_close", {}]);
  slowJoins.pop()?.();
  raw.send(["3", "3", "slow:1", "phx_join", {}]);
  raw.send([null, "4", "phoenix", "heartbeat", {}]);
  expect(await raw.take()).toMatchObject([null, "4", "phoenix", "phx_reply", {}]);
  slowJoins.pop()?.();
  expect(await raw.take()).toEqual(["3", "3", "slow:1", "phx_reply", ok()]);
});
