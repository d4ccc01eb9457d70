import { expect, test } from "bun:test";
import { channel } from "../../src/channels/index.ts";
import { answer, next, startHarness } from "./harness.ts";

const room = channel("room:*", {
  join(params, socket) {
    return params.user === "banned"
      ? socket.refuse({ reason: "banned" })
      : socket.allow({ user: params.user, n: 0 }, { hello: params.user });
  },
  on: {
    echo: (payload) => payload,
    shout(payload, socket) {
      void socket.broadcast("shouted", payload);
    },
    others(payload, socket) {
      void socket.broadcastFrom("shouted", payload);
    },
    count(_payload, socket) {
      socket.assign({ n: socket.assigns.n + 1 });
      return { n: socket.assigns.n };
    },
    fail(_payload, socket) {
      socket.replyError({ reason: "no" });
    },
    crash() {
      throw new Error("boom");
    },
  },
});

test("a client joins, pushes, hears its reply, broadcasts, and leaves", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client();
  socket.connect();
  const joined = socket.channel("room:1", { user: "ada" });
  expect(await answer(joined.join())).toEqual(["ok", { hello: "ada" }]);
  expect(await answer(joined.push("echo", { a: [1, "é"] }))).toEqual(["ok", { a: [1, "é"] }]);
  expect(await answer(joined.push("fail", {}))).toEqual(["error", { reason: "no" }]);
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 1 }]);
  expect(await answer(joined.push("count", {}))).toEqual(["ok", { n: 2 }]);
  const shouted = next(joined, "shouted");
  joined.push("shout", { text: "hi" });
  expect(await shouted).toEqual({ text: "hi" });
  expect(await answer(joined.leave())).toEqual(["ok", {}]);
});

test("heartbeats are answered", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client();
  const opened = new Promise<void>((resolve) => socket.onOpen(resolve));
  socket.connect();
  await opened;
  await new Promise<number>((resolve) => socket.ping(resolve));
});

test("a join that is refused, and one of a topic that no channel takes, say why", async () => {
  await using harness = startHarness({ channels: [room] });
  const socket = harness.client({ rejoinAfterMs: () => 60_000 });
  socket.connect();
  expect(await answer(socket.channel("room:1", { user: "banned" }).join())).toEqual(["error", { reason: "banned" }]);
  expect(await answer(socket.channel("nowhere").join())).toEqual(["error", { reason: "unmatched topic" }]);
});
