import { describe } from "bun:test";
import { commitContract } from "./store-contract-commit.ts";
import { errorsContract } from "./store-contract-errors.ts";
import { type CreateFixture, SHARD_COUNT, type StoreFixture } from "./store-contract-fixture.ts";
import { historyContract } from "./store-contract-history.ts";
import { leaseContract } from "./store-contract-leases.ts";
import { logContract } from "./store-contract-log.ts";
import { lookingContract } from "./store-contract-looking.ts";
import { orderContract } from "./store-contract-order.ts";
import { retentionContract } from "./store-contract-retention.ts";
import { waitingContract } from "./store-contract-waiting.ts";

/**
 * Registers the tests that every `Store` must pass, as a `bun:test` suite named `name`. The port says what is promised; here is the proof.
 *
 * @example
 * storeContract("SqliteStore", createSqliteFixture);
 */
export function storeContract(name: string, createFixture: CreateFixture): void {
  const fixture = (): Promise<StoreFixture> => createFixture({ shardCount: SHARD_COUNT });
  describe(`${name} keeps the store contract`, () => {
    logContract(fixture);
    orderContract(fixture);
    leaseContract(fixture);
    commitContract(fixture);
    waitingContract(fixture);
    historyContract(fixture);
    retentionContract(fixture);
    lookingContract(fixture);
    errorsContract(fixture);
  });
}
