/** Nodes that share one PostgreSQL: they share the shards, and hand them over as nodes come, leave and die, without a message lost or out of order. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { SQL } from "bun";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { ObservedNode } from "../observe/observed-node.ts";

const APP = join(import.meta.dir, "fixtures/faults-app.ts");
const ENV = { TEST_SHOP_SECRET: `whsec_${Buffer.alloc(24, 7).toString("base64")}`, TEST_MENDED: "/nowhere" };
const SHARDS = 64;
const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);
const postgres = await requireService("postgres");

/** How many shards the node's own workers hold. */
async function held(node: ObservedNode): Promise<number> {
  return (await node.ask("shards", { limit: SHARDS })).rows.filter(({ worker }) => worker !== null).length;
}

function untilHeld(node: ObservedNode, shards: number): Promise<number> {
  return node.until(
    () => held(node),
    (count) => count === shards,
  );
}

describe.skipIf(postgres.kind === "missing")(serviceTitle("two nodes", postgres), () => {
  test("share the shards, and hand them over in order when one joins, leaves or is killed", async () => {
    const address = postgres.kind === "available" ? postgres.address : "";
    const name = `godwit_nodes_${crypto.randomUUID().replaceAll("-", "")}`;
    await using admin = new SQL(address, { max: 1 });
    await admin.unsafe(`create database ${name}`);
    const store = Object.assign(new URL(address), { pathname: `/${name}` }).href;
    const start = () => ObservedNode.start({ app: APP, env: ENV, arguments: ["--store", store, "--workers", "2"] });
    {
      await using first = await start();
      let sent = 0;
      const sendThrough = async (...nodes: readonly ObservedNode[]) => {
        for (let i = 0; i < 10; i++) {
          const n = ++sent;
          const node = nodes[i % nodes.length] as ObservedNode;
          const answers = KEYS.map((key) => node.http("POST", `/api/actors/orders/${key}/messages`, { n }));
          for (const { status } of await Promise.all(answers)) expect(status).toBe(202);
        }
      };
      await untilHeld(first, SHARDS);
      {
        await using second = await start();
        await sendThrough(first, second);
        await Promise.all([untilHeld(first, SHARDS / 2), untilHeld(second, SHARDS / 2)]);
        await sendThrough(first, second);
        second.process.signal("SIGTERM");
        await sendThrough(first);
      }
      await untilHeld(first, SHARDS);
      {
        await using third = await start();
        await untilHeld(third, SHARDS / 2);
        await sendThrough(first, third);
        await third.process.kill();
        await sendThrough(first);
      }
      for (const key of KEYS) {
        const { state } = await first.until(
          () => first.ask("actors.show", { actor: "orders", key }),
          ({ state }) => state !== null && JSON.parse(state.body.text).seen.length >= sent,
        );
        expect(JSON.parse(state?.body.text ?? "")).toEqual({ seen: Array.from({ length: sent }, (_, i) => i + 1) });
      }
      await untilHeld(first, SHARDS);
    }
    await admin.unsafe(`drop database ${name} with (force)`);
  }, 90_000);
});
