import { ConfigError, hash32 } from "../../core/index.ts";

/**
 * Where a store lives in its database: its schema, and the classes of its advisory locks, drawn from the schema's name so that two
 * stores in one database do not meet. Order in which a transaction takes them: `fence`, (rows of `sources`), `append`, `history`;
 * within a class by number. `upkeep` is taken first of all, by one transaction at a time that changes tables.
 */
export interface SchemaNames {
  readonly schema: string;
  readonly locks: Readonly<Record<"fence" | "append" | "history" | "upkeep", number>>;
}

/** @throws ConfigError when `schema` is no plain identifier (it is written into SQL texts as it stands). */
export function schemaNames(schema: string): SchemaNames {
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) {
    throw new ConfigError(
      `PostgreSQL schema: expected lower-case letters, digits and _ (at most 41), received ${schema}`,
    );
  }
  const lock = (purpose: string): number => hash32(`godwit:${schema}:${purpose}`) | 0;
  return {
    schema,
    locks: { fence: lock("fence"), append: lock("append"), history: lock("history"), upkeep: lock("upkeep") },
  };
}
