/** A short chaos run with every other test; `npm run chaos` is the long one. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { SqliteStore } from "../../src/adapters/sqlite/index.ts";
import { runChaos } from "./chaos-run.ts";

test("nothing is lost, reordered or handled twice while workers and nodes are killed, and one sleeps through its lease", async () => {
  const report = await runChaos({
    keys: 100,
    perKey: 50,
    concurrency: 50,
    strikes: 8,
    pauseMs: 400,
    seed: 1,
    store: "sqlite",
    workers: 2,
    openStore: (folder) => new SqliteStore({ path: join(folder, "godwit.db") }),
  });
  const { accepted, handled, ledger, outOfOrder, deadLetters, strikes } = report;
  expect({ accepted, handled, ledger, outOfOrder, deadLetters }).toEqual({
    accepted: 5_000,
    handled: 5_000,
    ledger: 5_000,
    outOfOrder: 0,
    deadLetters: 0,
  });
  expect(strikes["pause-worker"]).toBe(1);
  expect(strikes["kill-worker"] + strikes["kill-node"]).toBe(7);
}, 120_000);
