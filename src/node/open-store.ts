/** The store that a node's configuration names. The one place where a store adapter is chosen. */

import { PostgresStore } from "../adapters/postgres/index.ts";
import { SqliteStore } from "../adapters/sqlite/index.ts";
import { systemClock } from "../core/index.ts";
import type { Store } from "../store/index.ts";

export interface StoreChoice {
  /** `sqlite`, or a PostgreSQL URL. */
  readonly store: string;
  /** The SQLite file. */
  readonly database: string;
  readonly nodeName: string;
  /** Who opens it, for the database's own list of sessions. */
  readonly role: "gateway" | "worker" | "cli";
}

export function openStore(choice: StoreChoice): Store {
  if (choice.store === "sqlite") return new SqliteStore({ path: choice.database, clock: systemClock });
  const { store: url, nodeName, role } = choice;
  return new PostgresStore({ url, node: nodeName, role });
}
