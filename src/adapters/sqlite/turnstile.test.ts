import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "./index.ts";

const ROUNDS = 12;

test("who has waited for the file writes before one who comes later", async () => {
  const folder = await mkdtemp(join(tmpdir(), "godwit-turn-"));
  const path = join(folder, "godwit.db");
  const [one, two] = [new SqliteStore({ path, shardCount: 1 }), new SqliteStore({ path, shardCount: 1 })];
  await one.start();
  await two.start();
  const holder = new Database(path);
  const append = (store: SqliteStore, body: string) =>
    store.append([{ shard: 0, target: "t", key: "k", body, meta: null }], 0);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [first, second] = round % 2 ? [one, two] : [two, one];
      holder.run("begin immediate");
      const early = append(first, `${2 * round}`);
      // One turn of the event loop: the first has met the lock, and waits for its timer.
      await new Promise((resolve) => setImmediate(resolve));
      holder.run("commit");
      await Promise.all([early, append(second, `${2 * round + 1}`)]);
    }
    const messages = await one.read([{ shard: 0, stream: "in", after: 0 }], 2 * ROUNDS);
    expect(messages.map((message) => Number(message.body))).toEqual(Array.from({ length: 2 * ROUNDS }, (_, i) => i));
  } finally {
    holder.close();
    await one.stop();
    await two.stop();
    await rm(folder, { recursive: true });
  }
});
