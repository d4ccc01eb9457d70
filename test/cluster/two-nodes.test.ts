/** Two nodes, as two `godwit start` with data folders of their own, on one PostgreSQL: for their clients they are one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { RedisClient, SQL } from "bun";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { NodeProcess } from "../node/node-process.ts";
import { Client } from "./client.ts";

const APP = join(import.meta.dir, "fixtures/cluster-app.ts");
const TOKEN = "a-token-for-the-tests";
const postgres = await requireService("postgres");
const redis = await requireService("redis");
const serverUrl = postgres.kind === "available" ? postgres.address : "postgres://127.0.0.1/none";

describe.each([
  { name: "PostgreSQL", pubsub: "auto", service: postgres },
  { name: "Redis", pubsub: redis.kind === "available" ? redis.address : "", service: redis },
])("two nodes that hear each other over $name", ({ pubsub, service }) => {
  describe.skipIf(postgres.kind === "missing" || service.kind === "missing")(serviceTitle("as one", service), () => {
    const database = `godwit_test_${crypto.randomUUID().replaceAll("-", "")}`;
    const store = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
    let nodes: readonly [NodeProcess, NodeProcess];

    const start = (name: string) =>
      NodeProcess.start({
        app: APP,
        arguments: ["--store", store, "--node", name, "--pubsub", pubsub],
        env: { GODWIT_API_TOKEN: TOKEN, TEST_NODE: name },
      });

    beforeAll(async () => {
      await onServer(`create database ${database}`);
      nodes = [await start("north"), await start("south")];
    }, 60_000);

    afterAll(async () => {
      for (const node of nodes ?? []) await node[Symbol.asyncDispose]();
      await onServer(`drop database ${database} with (force)`);
    }, 60_000);

    const clients = () => [new Client(nodes[0].url, "ada"), new Client(nodes[1].url, "bob")] as const;

    test("a broadcast at one reaches the sockets at the other, in order, live and durable ones alike", async () => {
      const [ada, bob] = clients();
      using _a = ada;
      using _b = bob;
      for (const topic of ["room:order", "log:order"]) {
        const [atNorth, atSouth] = [await ada.join(topic), await bob.join(topic)];
        for (let i = 0; i < 50; i++) atNorth.channel.push("say", { i });
        await atSouth.until(() => atSouth.said.length === 50);
        expect(atSouth.said.map(({ i }) => i)).toEqual(Array.from({ length: 50 }, (_, i) => i));
        await atNorth.until(() => atNorth.said.length === 50);
      }
    }, 10_000);

    test("presence is the same at both, and ends at both", async () => {
      const [ada, bob] = clients();
      using _a = ada;
      const [atNorth, atSouth] = [await ada.join("room:presence"), await bob.join("room:presence")];
      for (const here of [atNorth, atSouth]) await here.until(() => here.present().join() === "ada,bob");
      expect(await atNorth.push("who", {})).toEqual({ keys: ["ada", "bob"] });
      bob.socket.disconnect();
      await atNorth.until(() => atNorth.present().join() === "ada");
    }, 10_000);

    test("a broadcast and a disconnect through the HTTP API of one reach the sockets at the other", async () => {
      const bob = new Client(nodes[1].url, "bob");
      using _b = bob;
      const atSouth = await bob.join("room:api");
      expect(
        (await api("POST", "/api/topics/room:api/broadcasts", { event: "said", payload: { by: "api" } })).status,
      ).toBe(202);
      await atSouth.until(() => atSouth.said.length === 1);
      const closed = new Promise<number>((resolve) =>
        bob.socket.onClose((event) => resolve((event as CloseEvent).code)),
      );
      expect((await api("DELETE", "/api/sockets/user:bob")).status).toBe(202);
      expect(await closed).toBe(1001);
    }, 10_000);

    test("a question finds its actor at either node, and the answer its way back", async () => {
      const answeredBy = new Set<string>();
      // The shards are shared out between the nodes while this runs.
      for (let key = 0; answeredBy.size < 2; key++) {
        const response = await api("POST", `/api/actors/echo/key-${key}/asks`, { text: `${key}` });
        expect(response.status).toBe(200);
        const { reply } = (await response.json()) as { reply: { text: string; by: string } };
        expect(reply.text).toBe(`${key}`);
        answeredBy.add(reply.by);
      }
      expect([...answeredBy].sort()).toEqual(["north", "south"]);
    }, 30_000);

    test("after all connections between them were cut, presence and durable topics are whole again", async () => {
      const [ada, bob] = clients();
      using _a = ada;
      using _b = bob;
      const [atNorth, atSouth] = [await ada.join("log:cut"), await bob.join("log:cut")];
      const live = [await ada.join("room:cut"), await bob.join("room:cut")] as const;
      await cut(database, pubsub);
      for (let i = 0; i < 30; i++) atNorth.channel.push("say", { i });
      await atSouth.until(() => atSouth.said.length === 30);
      expect(atSouth.said.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      for (const here of live) await here.until(() => here.present().join() === "ada,bob");
    }, 60_000);

    test("garbage that another program publishes is passed over; no socket closes, and words go on", async () => {
      const [ada, bob] = clients();
      using _a = ada;
      using _b = bob;
      const [atNorth, atSouth] = [await ada.join("room:garbage"), await bob.join("room:garbage")];
      let closed = false;
      bob.socket.onClose(() => {
        closed = true;
      });
      await intrude(store, pubsub);
      atNorth.channel.push("say", { genuine: true });
      await atSouth.until(() => atSouth.said.length > 0);
      expect(atSouth.said).toEqual([{ genuine: true }]);
      expect(closed).toBe(false);
    }, 10_000);

    test("a node that is killed is gone from presence in bounded time", async () => {
      const third = await start("third");
      const ada = new Client(nodes[0].url, "ada");
      using _a = ada;
      const atNorth = await ada.join("room:killed");
      const cyd = new Client(third.url, "cyd");
      await cyd.join("room:killed");
      await atNorth.until(() => atNorth.present().join() === "ada,cyd");
      await third.kill();
      cyd.socket.disconnect();
      await atNorth.until(() => atNorth.present().join() === "ada");
      await third[Symbol.asyncDispose]();
    }, 60_000);

    function api(method: string, path: string, body?: object): Promise<Response> {
      return fetch(`${nodes[0].url}${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
    }
  });
});

async function onServer(statement: string): Promise<void> {
  const server = new SQL(serverUrl, { max: 1 });
  await server.unsafe(statement);
  await server.close();
}

async function cut(database: string, pubsub: string): Promise<void> {
  if (pubsub === "auto") {
    const server = new SQL(serverUrl, { max: 1 });
    await server`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${database} and application_name = 'godwit/pubsub'`;
    return server.close();
  }
  const admin = new RedisClient(pubsub);
  const clients = String(await admin.send("CLIENT", ["LIST"])).split("\n");
  for (const client of clients.filter((line) => line.includes("name=godwit/pubsub"))) {
    await admin.send("CLIENT", ["KILL", "ID", /\bid=(\d+)/.exec(client)?.[1] as string]);
  }
  admin.close();
}

const GARBAGE = [
  "",
  "garbage",
  "{}",
  '{"event":"said","body":"{"}',
  '{"kind":"left"}',
  '{"kind":"snapshot","snapshot":{}}',
];

async function intrude(store: string, pubsub: string): Promise<void> {
  const topics = ["gateways", "wakes", "topic:room:garbage", "node:south"];
  if (pubsub === "auto") {
    const sql = new SQL(store, { max: 1 });
    const parcels = [...GARBAGE, JSON.stringify(topics.flatMap((topic) => GARBAGE.map((text) => [topic, text])))];
    for (const text of parcels) await sql`select pg_notify('godwit_' || member, ${text}) from godwit_pubsub.members`;
    return sql.close();
  }
  const admin = new RedisClient(pubsub);
  const sender = "f".repeat(32);
  for (const topic of topics) {
    for (const text of GARBAGE) {
      await admin.publish(`godwit:${topic}`, text);
      await admin.publish(`godwit:${topic}`, `${sender}\n${text}`);
    }
  }
  admin.close();
}
