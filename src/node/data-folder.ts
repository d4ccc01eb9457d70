/** The node's data folder: what lies where, and whether it can be used. */
import { accessSync, constants, mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigError, hash32 } from "../core/index.ts";

export interface DataFolder {
  readonly path: string;
  /** The SQLite store. */
  readonly database: string;
  /** The link's Unix socket. */
  readonly socket: string;
  readonly pages: string;
  /** A worker's flight recorder. */
  flight(worker: string): string;
}

/** Longest path of a Unix socket: 107 bytes on Linux, 103 on macOS (sun_path in <sys/un.h>). */
const MAX_SOCKET_PATH = 103;

/**
 * Creates the folder (private to this user) and names its parts.
 * @throws ConfigError when it cannot be created or written.
 */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path);
  const run = join(root, "run");
  try {
    mkdirSync(run, { recursive: true, mode: 0o700 });
    accessSync(root, constants.W_OK | constants.X_OK);
    accessSync(run, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new ConfigError(
      `data folder ${root} cannot be written: ${(cause as Error).message}; choose another with --data`,
      cause,
    );
  }
  return {
    path: root,
    database: join(root, "godwit.db"),
    socket: socketPath(run),
    pages: join(run, "pages"),
    flight: (worker) => join(run, `${worker}.flight`),
  };
}

/** A socket's path is bounded by the kernel: a deep data folder gets its socket in a private folder among the temporary files. */
function socketPath(run: string): string {
  const inside = join(run, "gateway.sock");
  const path =
    Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(privateTemporaryFolder(run), "gateway.sock");
  rmSync(path, { force: true }); // Left behind by a node that was killed. The folder's claim says that none is alive.
  return path;
}

function privateTemporaryFolder(run: string): string {
  const folder = join(tmpdir(), `godwit-${process.getuid?.() ?? 0}-${hash32(run).toString(36)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new ConfigError(
      `${folder} is not private to this user; remove it, or choose a shorter data folder with --data`,
    );
  }
  return folder;
}
