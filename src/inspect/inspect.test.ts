import { describe, expect, test } from "bun:test";
import type { LaneTarget, RunOutcome } from "../lanes/index.ts";
import { LaneWorld } from "../lanes/lane-fixture.ts";
import { encodeMeta, messageId, shardOf } from "../store/index.ts";
import { answerQuery, type InspectedNode, type InspectSources, type QueryName, type QueryResults } from "./index.ts";

const NODE: InspectedNode = {
  name: "n1",
  version: "0",
  pid: 1,
  startedAtMs: 0,
  url: () => undefined,
  app: () => ({ name: "desk", codeVersion: "v1", actors: ["actor"], connectors: ["chat"] }),
  tree: () => ({ id: "node", path: "node", kind: "supervisor", state: "running", restarts: 0, sinceMs: 0 }),
  workers: () => [
    {
      worker: "w0",
      state: "up",
      pid: 2,
      restarts: 0,
      memberId: "w1",
      codeVersion: "v1",
      rssBytes: 1,
      loopDelayMs: 0,
      reason: null,
    },
  ],
  sockets: () => ({ connections: 0, joined: 0 }),
  topics: () => ["room:b", "room:a", "desk:1"].map((topic) => ({ topic, subscribers: 1, keepsHistory: false })),
  presences: () => ({}),
  failures: () => [],
  troubles: () => [],
  metrics: async () => [],
  after: () => new Promise(() => {}),
};

/** Fails what says "poison", and answers everything else to the connector `chat`. */
const actor: LaneTarget = {
  stream: "in",
  name: "actor",
  retry: { attempts: 1, backoff: { baseMs: 1, capMs: 1 }, retryable: () => false },
  onDead: "continue",
  timeoutMs: 1_000,
  concurrency: 8,
  state: { version: 1, initial: () => null, migrate: (state) => state, validate: (state) => state },
  run: ({ message }): RunOutcome => {
    if (message.body.includes("poison")) throw new TypeError(`cannot read ${message.body}`);
    const meta = encodeMeta({ cause: messageId(message) });
    const sends = message.body.includes("pass on") ? [{ ...message, key: "other", body: '"passed"', meta }] : [];
    const deliveries = [{ shard: message.shard, target: "chat", key: message.key, body: '"hello"', meta }];
    return {
      kind: "done",
      effects: {
        state: { value: message.body },
        deliveries,
        sends: sends.map((send) => ({ ...send, shard: shardOf("other", 4) })),
      },
    };
  },
};

const chat: LaneTarget = {
  ...actor,
  stream: "out",
  name: "chat",
  run: () => ({ kind: "done", effects: {} }),
};

async function openWorld() {
  const world = await LaneWorld.open();
  const sources: InspectSources = {
    store: world.store,
    node: NODE,
    append: async (requests) => (await world.store.append(requests, world.clock.wallMs())).outcomes,
    wallMs: () => world.clock.wallMs(),
  };
  const ask = <Name extends QueryName>(name: Name, params: object = {}): Promise<QueryResults[Name]> =>
    answerQuery(name, sources, params);
  return { world, ask, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe("dead letters", () => {
  test("are listed by the page, each page saying how to go on", async () => {
    await using t = await openWorld();
    await t.world.worker([actor, chat]);
    await t.world.send("a", ["poison 1", "poison 2", "poison 3"]);
    await t.world.until(async () => (await t.ask("dead.list")).rows.length === 3);
    const first = await t.ask("dead.list", { limit: 2 });
    expect(first.rows).toHaveLength(2);
    expect(first.rows[0]?.error).toEqual({ name: "TypeError", message: 'cannot read "poison 1"', code: null });
    const second = await t.ask("dead.list", { limit: "2", after: first.next });
    expect(second).toMatchObject({ rows: [{ error: { message: 'cannot read "poison 3"' } }], next: null });
  });

  test("are redriven one at a time or by their actor, and never twice", async () => {
    await using t = await openWorld();
    await t.world.worker([actor, chat]);
    await t.world.send("a", ["poison 1", "poison 2"]);
    await t.world.until(async () => (await t.ask("dead.list")).rows.length === 2);
    const [one, two] = (await t.ask("dead.list")).rows;
    const reason = "no use";
    expect(await t.ask("dead.discard", { id: one?.id, reason })).toEqual({ asked: [one?.id as string], more: false });
    await t.world.until(async () => (await t.ask("dead.show", { id: one?.id })).status === "discarded");
    await expect(t.ask("dead.redrive", { id: one?.id })).rejects.toMatchObject({ code: "not_found" });
    expect(await t.ask("dead.redrive", { target: "actor" })).toEqual({ asked: [two?.id as string], more: false });
  });

  test("are not all decided about by a slip of the hand", async () => {
    await using t = await openWorld();
    await expect(t.ask("dead.discard")).rejects.toMatchObject({ code: "invalid_input", path: "target" });
  });
});

describe("a key", () => {
  test("is found by its beginning, and shows its state, its lane and what waits", async () => {
    await using t = await openWorld();
    await t.world.worker([actor, chat]);
    await t.world.send("guest-1", ["hello"]);
    await t.world.until(
      async () => (await t.ask("actors.list", { actor: "actor", prefix: "guest" })).rows.length === 1,
    );
    await t.ask("actors.pause", { actor: "actor", key: "guest-1" });
    await t.world.until(async () => (await t.ask("lanes")).rows.length === 1);
    await t.world.send("guest-1", ["wait for me"]);
    const show = () => t.ask("actors.show", { actor: "actor", key: "guest-1" });
    await t.world.until(async () => (await show()).lane?.waiting === 1);
    expect(await show()).toMatchObject({
      owner: "w1",
      state: { body: { text: JSON.stringify('"hello"'), truncated: false } },
      lane: { status: "paused" },
      waiting: [{ body: '"wait for me"' }],
      moreWaiting: false,
    });
    await t.ask("actors.resume", { actor: "actor", key: "guest-1" });
    await t.world.until(async () => (await t.ask("lanes")).rows.length === 0);
  });

  test("of an actor that the app does not have is answered with those that it has", async () => {
    await using t = await openWorld();
    const error = await t.ask("actors.show", { actor: "acto", key: "x" }).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "not_found", message: 'the app has no actor "acto"; it has actor' });
  });
});

describe("the way of a message", () => {
  test("is told from the log: which worker, which code, what it sent and what was delivered", async () => {
    await using t = await openWorld();
    await t.world.worker([actor, chat]);
    await t.world.send(
      "noise",
      Array.from({ length: 20 }, (_, i) => `before ${i}`),
    );
    await t.world.send("a", ["pass on"]);
    const shard = shardOf("a", 4);
    const [message] = (await t.world.store.read([{ shard, stream: "in", after: 0 }], 100)).filter(
      ({ key }) => key === "a",
    );
    const id = messageId(message as NonNullable<typeof message>);
    const trace = () => t.ask("messages.trace", { id });
    await t.world.until(async () => {
      const { sent } = await trace();
      return sent.length === 2 && sent.every(({ status }) => status === "handled");
    });
    await t.world.send("noise", ["after"]);
    expect(await trace()).toMatchObject({
      id,
      target: "actor",
      status: "handled",
      commit: { member: "w1", codeVersion: "v1" },
      sentComplete: true,
    });
    expect((await trace()).sent.map(({ target, key }) => `${target}/${key}`).sort()).toEqual(["actor/other", "chat/a"]);
  });

  test("ends with the error where it died", async () => {
    await using t = await openWorld();
    await t.world.worker([actor, chat]);
    await t.world.send("a", ["poison"]);
    const dead = () => t.ask("dead.list");
    await t.world.until(async () => (await dead()).rows.length === 1);
    const trace = await t.ask("messages.trace", { id: (await dead()).rows[0]?.id });
    expect(trace).toMatchObject({ status: "dead", attempts: 1, error: 'TypeError: cannot read "poison"' });
  });

  test("of an id that is none, or of no message, is refused in words", async () => {
    await using t = await openWorld();
    await expect(t.ask("messages.trace", { id: "12" })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(t.ask("messages.trace", { id: "m0-99" })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("lists", () => {
  test("of shards name this node's worker, and their lag", async () => {
    await using t = await openWorld();
    await t.world.send("a", ["1", "2"]);
    const shard = shardOf("a", 4);
    expect((await t.ask("shards")).rows[shard]).toMatchObject({ shard, owner: null, worker: null, lagIn: 2 });
    await t.world.worker([actor, chat]);
    await t.world.until(async () => (await t.ask("shards")).rows[shard]?.lagIn === 0);
    expect((await t.ask("shards")).rows[shard]).toMatchObject({ owner: "w1", worker: "w0" });
  });

  test("of topics go on where the page before ended", async () => {
    await using t = await openWorld();
    const first = await t.ask("topics.list", { prefix: "room:", limit: 1 });
    expect(first.rows.map(({ topic }) => topic)).toEqual(["room:a"]);
    const second = await t.ask("topics.list", { prefix: "room:", limit: 1, after: first.next });
    expect(second).toMatchObject({ rows: [{ topic: "room:b" }], next: null });
  });

  test.each([{ limit: 0 }, { limit: 501 }, { limit: "many" }, { after: "!" }])("refuse %j", async (params) => {
    await using t = await openWorld();
    await expect(t.ask("topics.list", params)).rejects.toMatchObject({ code: "invalid_input" });
  });
});
