import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "../../core/index.ts";
import { type StoreFixture, storeContract } from "../../testing/index.ts";
import { storeModelContract } from "../../testing/store-contract-model.ts";
import { SqliteStore } from "./index.ts";

async function createFixture({ shardCount }: { readonly shardCount: number }): Promise<StoreFixture> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-sqlite-"));
  const clock = new ManualClock();
  const opened: SqliteStore[] = [];
  return {
    async open() {
      const store = new SqliteStore({ path: join(folder, "godwit.db"), shardCount, clock });
      opened.push(store);
      await store.start();
      return store;
    },
    async passTime(ms) {
      clock.advance(ms);
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.stop();
      await rm(folder, { recursive: true });
    },
  };
}

storeContract("SqliteStore", createFixture);
storeModelContract("SqliteStore", createFixture);
