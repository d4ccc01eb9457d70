/** What actors promise, watched in a real node: messages that kill, gaps, halts, redrives, states that cannot be migrated. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunHmac } from "../../src/adapters/bun/index.ts";
import { decodeSecret, signatureHeaders } from "../../src/connectors/standard-webhooks.ts";
import { ObservedNode } from "../observe/observed-node.ts";

const APP = join(import.meta.dir, "fixtures/faults-app.ts");
const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** A folder for the file that mends what fails. */
async function workshop() {
  const folder = await mkdtemp(join(tmpdir(), "godwit-faults-"));
  const env = { TEST_SHOP_SECRET: SECRET, TEST_MENDED: join(folder, "mended") };
  return {
    folder,
    env,
    mend: () => Bun.write(env.TEST_MENDED, ""),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function send(node: ObservedNode, actor: string, key: string, message: object): Promise<string> {
  const { status, body } = await node.http<{ id: string }>("POST", `/api/actors/${actor}/${key}/messages`, message);
  expect(status).toBe(202);
  return body.id;
}

async function seen(node: ObservedNode, actor: string, key: string): Promise<readonly number[]> {
  const { state } = await node.ask("actors.show", { actor, key });
  return state ? (JSON.parse(state.body.text) as { seen: number[] }).seen : [];
}

function untilSeen(node: ObservedNode, actor: string, key: string, expected: readonly number[]) {
  return node.until(
    () => seen(node, actor, key),
    (list) => Bun.deepEquals(list, expected),
  );
}

describe("in a node", () => {
  let shop: Awaited<ReturnType<typeof workshop>>;
  let node: ObservedNode;
  beforeAll(async () => {
    shop = await workshop();
    node = await ObservedNode.start({ app: APP, env: shop.env });
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  });

  test("a message that ends its process becomes a dead letter after its attempts; those beside it do not", async () => {
    const neighbours = numbers(12).map((n) => `neighbour-${n}`);
    const sends = neighbours.map((key) => send(node, "deadly", key, { n: 1 }));
    const id = await send(node, "deadly", "victim", { n: 1, bad: true });
    await Promise.all([...sends, send(node, "deadly", "victim", { n: 2 })]);
    await untilSeen(node, "deadly", "victim", [2]);
    for (const key of neighbours) await untilSeen(node, "deadly", key, [1]);
    expect((await node.ask("dead.list", { target: "deadly" })).rows).toMatchObject([
      { id, attempts: 3, error: { code: "crashed" } },
    ]);
  }, 30_000);

  test("a source's numbers are waited for, and a gap that does not close is reported and passed", async () => {
    const hmac = bunHmac(decodeSecret(SECRET) as Uint8Array<ArrayBuffer>);
    const post = async (order: string, n: number) => {
      const body = JSON.stringify({ order, n });
      const headers = await signatureHeaders(`${order}-${n}`, Date.now(), body, hmac);
      expect((await fetch(`${node.url}/webhooks/shop`, { method: "POST", headers, body })).status).toBe(200);
    };
    for (const n of [1, 3, 2]) await post("closing", n);
    await untilSeen(node, "orders", "shop:closing", [1, 2, 3]);
    expect(node.process.count("source.gap-passed")).toBe(0);
    for (const n of [1, 3, 4]) await post("open", n);
    expect(await node.process.logged("source.gap-passed")).toMatchObject({ fromSeq: 2, toSeq: 2 });
    await untilSeen(node, "orders", "shop:open", [1, 3, 4]);
  }, 15_000);

  test("a key that halts on a dead letter is listed, keeps what comes, and goes on when it is resumed", async () => {
    const id = await send(node, "strict", "a", { n: 1, bad: true });
    await send(node, "strict", "b", { n: 1 });
    const halted = () => node.ask("lanes", { status: "halted" });
    await node.until(halted, ({ rows }) => rows.length === 1);
    await send(node, "strict", "a", { n: 2 });
    await node.until(halted, ({ rows }) => rows[0]?.key === "a" && rows[0].waiting === 1);
    await untilSeen(node, "strict", "b", [1]);
    expect(await seen(node, "strict", "a")).toEqual([]);
    await node.ask("actors.resume", { actor: "strict", key: "a" });
    await untilSeen(node, "strict", "a", [2]);
    expect((await node.ask("dead.show", { id })).status).toBe("dead");
    expect((await halted()).rows).toEqual([]);
  });

  test("dead letters that are redriven by their actor, twice at once, run once each, in order", async () => {
    for (const n of numbers(3)) for (const key of ["a", "b"]) await send(node, "picky", key, { n, bad: true });
    await node.until(
      () => node.ask("dead.list", { target: "picky" }),
      ({ rows }) => rows.length === 6,
    );
    await shop.mend();
    const redrive = () => node.http("POST", "/api/dead-letters/redrive", { target: "picky" });
    await Promise.all([redrive(), redrive(), redrive()]);
    for (const key of ["a", "b"]) await send(node, "picky", key, { n: 4 });
    for (const key of ["a", "b"])
      await node.until(
        () => seen(node, "picky", key),
        (list) => list.includes(4),
      );
    await node.until(
      () => node.ask("node"),
      ({ shards }) => shards?.lag === 0,
    );
    for (const key of ["a", "b"]) {
      const all = await seen(node, "picky", key);
      expect(all.filter((n) => n !== 4)).toEqual([1, 2, 3]);
      expect(all).toHaveLength(4);
    }
    expect((await node.ask("dead.list", { target: "picky" })).rows).toEqual([]);
  });
});

test("a state that new code cannot migrate stays as it is, and its key waits until newer code can", async () => {
  await using shop = await workshop();
  const dataFolder = join(shop.folder, "data");
  const start = (version: number) =>
    ObservedNode.start({ app: APP, dataFolder, env: { ...shop.env, TEST_STATE_VERSION: String(version) } });
  const stop = async (node: ObservedNode) => {
    node.process.signal("SIGTERM");
    await node.process.exited;
  };
  const old = await start(1);
  await send(old, "ledger", "a", { n: 1 });
  await untilSeen(old, "ledger", "a", [1]);
  await stop(old);
  const broken = await start(2);
  await send(broken, "ledger", "a", { n: 2 });
  expect(await broken.process.logged("lane.stopped")).toMatchObject({
    status: "unmigratable",
    target: "ledger",
    key: "a",
  });
  await send(broken, "ledger", "a", { n: 3 });
  const { state, lane } = await broken.ask("actors.show", { actor: "ledger", key: "a" });
  expect([state?.version, state?.body.text, lane?.status]).toEqual([1, '{"seen":[1]}', "unmigratable"]);
  await stop(broken);
  await shop.mend();
  const mended = await start(2);
  await untilSeen(mended, "ledger", "a", [1, 2, 3]);
  expect((await mended.ask("actors.show", { actor: "ledger", key: "a" })).state?.version).toBe(2);
  await stop(mended);
}, 30_000);
