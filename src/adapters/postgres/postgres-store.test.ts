import { describe } from "bun:test";
import { requireService, serviceTitle, storeContract } from "../../testing/index.ts";
import { postgresFixtures } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");
const createFixture = postgresFixtures(postgres);

describe.skipIf(postgres.kind === "missing")(serviceTitle("PostgreSQL", postgres), () => {
  storeContract("PostgresStore", createFixture);
});
