import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { SqliteStore } from "../../src/adapters/sqlite/index.ts";
import { type BroadcastCommand, channel } from "../../src/channels/index.ts";
import { CLIENTS } from "./clients.ts";
import { answer, type Harness, join, startHarness, transcript } from "./harness.ts";
import { MemoryHistory } from "./memory-history.ts";
import { openRaw, type RawSocket } from "./raw-socket.ts";

const log = channel("log:*", {
  history: { keep: 50 },
  on: {
    async say(payload, socket) {
      return { ...(await socket.broadcast("said", payload)) };
    },
  },
});

const say = (harness: Harness, n: number) =>
  harness.broadcaster.broadcast({ topic: "log:1", event: "said", body: JSON.stringify({ n }) });

async function sayUpTo(harness: Harness, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await say(harness, n);
}

/** Joins raw, and gives the reply's response. */
async function joinRaw(raw: RawSocket, params: object, ref = "1"): Promise<Record<string, unknown>> {
  raw.send([ref, ref, "log:1", "phx_join", params]);
  const [, , , , payload] = (await raw.take()) as [
    unknown,
    unknown,
    unknown,
    unknown,
    { response: Record<string, unknown> },
  ];
  return payload.response;
}

async function takeSaid(raw: RawSocket, count: number): Promise<unknown[]> {
  const seqs: unknown[] = [];
  while (seqs.length < count) {
    const [, , , event, payload] = (await raw.take()) as [unknown, unknown, unknown, string, { seq: number }];
    if (event === "said") seqs.push(payload.seq);
  }
  return seqs;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

for (const kind of CLIENTS) {
  test(`${kind.name}: a client that was away gets what it missed, in order, and goes on live`, async () => {
    await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
    const socket = harness.client({ transport: kind.transport }, kind.Socket);
    let since: number | undefined;
    const seen: number[] = [];
    const joined = socket.channel("log:1", () => ({ since }));
    joined.on("said", ({ n, seq }: { n: number; seq: number }) => {
      since = seq;
      seen.push(n);
    });
    socket.connect();
    expect(await join(joined)).toEqual({ seq: 0 });
    const told = transcript(socket);
    await sayUpTo(harness, 1, 3);
    await told.until((events) => events.filter((event) => event === "said").length === 3);
    const away = new Promise<void>((resolve) => socket.disconnect(resolve));
    await away;
    await sayUpTo(harness, 4, 9);
    socket.connect();
    await told.until((events) => events.filter((event) => event === "said").length === 9);
    await answer(joined.push("say", { n: 10 }));
    await told.until((events) => events.filter((event) => event === "said").length === 10);
    expect(seen).toEqual(range(1, 10));
  });
}

describe("the join's reply says where the client stands", () => {
  test("without since: the position, and nothing of the past", async () => {
    await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
    await sayUpTo(harness, 1, 3);
    await using raw = await openRaw(harness.port);
    expect(await joinRaw(raw, {})).toEqual({ seq: 3 });
    await say(harness, 4);
    expect(await takeSaid(raw, 1)).toEqual([4]);
  });

  test("with since: recovered, and all that was missed", async () => {
    await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
    await sayUpTo(harness, 1, 30);
    await using raw = await openRaw(harness.port);
    expect(await joinRaw(raw, { since: 12 })).toEqual({ seq: 30, recovered: true });
    expect(await takeSaid(raw, 18)).toEqual(range(13, 30));
    await using upToDate = await openRaw(harness.port);
    expect(await joinRaw(upToDate, { since: 30 })).toEqual({ seq: 30, recovered: true });
  });

  test.each([
    ["what is no longer held", 5],
    ["a position that was never given", 1_000],
  ])("recovered: false for %s, with the position, and never a part", async (_what, since) => {
    await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
    await sayUpTo(harness, 1, 120);
    await using raw = await openRaw(harness.port);
    expect(await joinRaw(raw, { since })).toEqual({ seq: 120, recovered: false });
    await say(harness, 121);
    expect(await takeSaid(raw, 1)).toEqual([121]);
  });

  test("recovered: false for more than one resume may send", async () => {
    await using harness = startHarness({
      channels: [log],
      store: new MemoryHistory(),
      limits: { maxResumeMessages: 10 },
    });
    await sayUpTo(harness, 1, 11);
    await using raw = await openRaw(harness.port);
    expect(await joinRaw(raw, { since: 0 })).toEqual({ seq: 11, recovered: false });
    await using other = await openRaw(harness.port);
    expect(await joinRaw(other, { since: 1 })).toEqual({ seq: 11, recovered: true });
  });

  test("an error when the store is away, and the client tries again", async () => {
    const store = new MemoryHistory();
    await using harness = startHarness({ channels: [log], store });
    store.failing = true;
    const socket = harness.client();
    socket.connect();
    const told = transcript(socket);
    const joined = socket.channel("log:1");
    expect(await answer(joined.join())).toEqual(["error", { reason: "unavailable", retry_after: 1 }]);
    store.failing = false;
    await told.until((events) => events.filter((event) => event === "phx_reply").length >= 2);
    expect(await answer(joined.push("say", { n: 1 }))).toEqual(["ok", { seq: 1 }]);
  });
});

test("an ok is given only after the broadcast is durable, and no broadcast goes out that is not", async () => {
  const store = new MemoryHistory();
  await using harness = startHarness({ channels: [log], store });
  const socket = harness.client({ rejoinAfterMs: () => 60_000 });
  socket.connect();
  const joined = socket.channel("log:1");
  await join(joined);
  const told = transcript(socket);
  store.failing = true;
  expect(await answer(joined.push("say", { n: 1 }))).toEqual([
    "error",
    { reason: "store_unavailable", retry: true, retry_after: 1 },
  ]);
  expect(told.messages.map(({ event }) => event)).not.toContain("said");
  expect(await store.historyBounds("log:1").catch(() => "away")).toBe("away");
});

test("bytes on a topic with history are refused: positions travel in JSON", async () => {
  await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
  const sent = harness.broadcaster.broadcast({ topic: "log:1", event: "said", body: { base64: "AA==" } });
  await expect(sent).rejects.toThrow("payload of said: expected an object");
});

test("a seq of the user's own does not displace the position", async () => {
  await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
  await using raw = await openRaw(harness.port);
  await joinRaw(raw, {});
  await harness.broadcaster.broadcast({ topic: "log:1", event: "said", body: '{"seq":99,"a":{}}' });
  expect(await raw.take()).toEqual([null, null, "log:1", "said", { seq: 1, a: {} }]);
});

describe("however broadcasts arrive, each goes out once and in order", () => {
  test("lost, repeated and shuffled words of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
        fc.integer({ min: 1, max: 40 }),
        async (fates, count) => {
          const store = new MemoryHistory();
          const late: (() => void)[] = [];
          const deliver = (through: (b: BroadcastCommand) => void) => (broadcast: BroadcastCommand) => {
            const fate = fates.next().value;
            if (fate === 0) return; // Lost: its sender died first.
            if (fate === 1) late.unshift(() => through(broadcast));
            else through(broadcast);
            if (fate === 2) through(broadcast);
          };
          await using harness = startHarness({ channels: [log], store, deliver });
          await using raw = await openRaw(harness.port);
          await joinRaw(raw, {});
          await sayUpTo(harness, 1, count);
          for (const through of late) through();
          await harness.gateway.catchUp();
          expect(await takeSaid(raw, count)).toEqual(range(1, count));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a gap that is not filled by itself is filled from the store", async () => {
    const store = new MemoryHistory();
    const deliver = (through: (b: BroadcastCommand) => void) => (b: BroadcastCommand) => b.seq !== 2 && through(b);
    await using harness = startHarness({ channels: [log], store, deliver });
    await using raw = await openRaw(harness.port);
    await joinRaw(raw, {});
    await sayUpTo(harness, 1, 3);
    expect(await takeSaid(raw, 3)).toEqual([1, 2, 3]);
  });

  test("a gap that can no longer be filled makes the clients join again, and they learn it", async () => {
    const store = new MemoryHistory();
    const deliver = (through: (b: BroadcastCommand) => void) => (b: BroadcastCommand) =>
      ((b.seq ?? 0) <= 1 || (b.seq ?? 0) >= 120) && through(b);
    await using harness = startHarness({ channels: [log], store, deliver });
    await using raw = await openRaw(harness.port);
    await joinRaw(raw, {});
    await sayUpTo(harness, 1, 120);
    expect(await takeSaid(raw, 1)).toEqual([1]);
    expect(await raw.take()).toEqual(["1", "1", "log:1", "phx_error", { reason: "history_gap" }]);
    expect(await joinRaw(raw, { since: 1 }, "2")).toMatchObject({ recovered: false, seq: 120 });
  });
});

test("a thousand random departures and returns amid broadcasts lose and repeat nothing", async () => {
  await using harness = startHarness({ channels: [log], store: new MemoryHistory() });
  const stop = new AbortController();
  let said = 0;
  const speaker = (async () => {
    while (!stop.signal.aborted) {
      await Promise.all([say(harness, ++said), say(harness, ++said), say(harness, ++said)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const listen = async (seed: number): Promise<void> => {
    let since = 0;
    for (let round = 0; round < 100; round++) {
      await using raw = await openRaw(harness.port);
      const response = await joinRaw(raw, { since }, `${round + 1}`);
      if (response.recovered === false) {
        since = response.seq as number;
        continue;
      }
      for (const seq of await takeSaid(raw, 1 + ((seed * 7 + round) % 5))) expect(seq).toBe(++since);
    }
  };
  await Promise.all(range(1, 10).map(listen));
  stop.abort();
  await speaker;
  expect(said).toBeGreaterThan(300);
});

test("many clients that come back at once ask the store once or twice, not each", async () => {
  const store = new MemoryHistory();
  await using before = startHarness({ channels: [log], store });
  await sayUpTo(before, 1, 40);
  await using harness = startHarness({ channels: [log], store });
  store.reads = 0;
  const raws = await Promise.all(range(1, 50).map(() => openRaw(harness.port)));
  const responses = await Promise.all(raws.map((raw, index) => joinRaw(raw, { since: index % 40 })));
  expect(responses.every(({ recovered }) => recovered === true)).toBe(true);
  expect(await Promise.all(raws.map((raw, index) => takeSaid(raw, 40 - (index % 40))))).toEqual(
    raws.map((_, index) => range((index % 40) + 1, 40)),
  );
  expect(store.reads).toBeLessThanOrEqual(2);
});

test("on SQLite: history survives the gateway, and a client resumes at the next one", async () => {
  const folder = await mkdtemp(joinPath(tmpdir(), "godwit-resume-"));
  const store = new SqliteStore({ path: joinPath(folder, "godwit.db") });
  await store.start();
  try {
    {
      await using first = startHarness({ channels: [log], store });
      await sayUpTo(first, 1, 20);
    }
    await using second = startHarness({ channels: [log], store });
    await using raw = await openRaw(second.port);
    expect(await joinRaw(raw, { since: 15 })).toEqual({ seq: 20, recovered: true });
    await say(second, 21);
    expect(await takeSaid(raw, 6)).toEqual(range(16, 21));
  } finally {
    await store.stop();
    await rm(folder, { recursive: true });
  }
});
