export { claimDataFolder, type DataFolderClaim } from "./node-lock.ts";
export { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
