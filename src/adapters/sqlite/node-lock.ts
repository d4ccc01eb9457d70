/**
 * Exactly one node on a data folder. The claim is an exclusive lock on `node.lock`, an empty database that a connection keeps open: the
 * kernel drops it with the process, so neither `kill -9` nor a power cut leaves a claim behind that a person would have to remove.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { ConfigError } from "../../core/index.ts";
import { isBusy, openingError } from "./sqlite-errors.ts";

/** A claimed data folder. `release` is safe twice. */
export interface DataFolderClaim {
  release(): void;
}

/**
 * Claims the folder for this node; its workers open the same database without a claim of their own.
 * @throws ConfigError when another node holds it, or the folder is missing or not writable.
 */
export function claimDataFolder(folder: string): DataFolderClaim {
  const path = join(folder, "node.lock");
  let connection: Database | undefined;
  try {
    connection = new Database(path, { create: true });
    connection.run("pragma journal_mode = memory");
    connection.run("begin exclusive");
    const claimed = connection;
    return { release: () => claimed.close() };
  } catch (thrown) {
    connection?.close();
    if (isBusy(thrown)) {
      throw new ConfigError(
        `${folder} is in use by another Godwit node: stop that one, or give this one a data folder of its own`,
        thrown,
      );
    }
    throw openingError(path, thrown);
  }
}
