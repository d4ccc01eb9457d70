export type { PostgresStoreOptions } from "./parts.ts";
export { PostgresStore } from "./postgres-store.ts";
