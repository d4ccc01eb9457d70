import { describe } from "bun:test";
import { requireService, serviceTitle, storeContract } from "../../testing/index.ts";
import { createPostgresFixture } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");

describe.skipIf(postgres.kind === "missing")(serviceTitle("PostgreSQL", postgres), () => {
  const url = postgres.kind === "available" ? postgres.address : "";
  storeContract("PostgresStore", (options) => createPostgresFixture(url, options));
});
