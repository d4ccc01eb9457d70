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
  /** Where gateway number `index` (from 1) listens for the workers; the first one at `socket`. */
  gatewaySocket(index: number): string;
  /** Where the first gateway listens for the others. */
  readonly hub: string;
  /** The control socket: what the CLI asks the running node by. */
  readonly control: string;
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
    socket: freeSocket(run, "gateway.sock"),
    hub: freeSocket(run, "hub.sock"),
    gatewaySocket: (index) => socketPath(run, `gateway-${index}.sock`, privateTemporaryFolder),
    control: freeSocket(run, "control.sock"),
    pages: join(run, "pages"),
    flight: (worker) => join(run, `${worker}.flight`),
  };
}

/** Where the node that runs on a data folder listens for the CLI. Touches nothing. */
export function controlSocketOf(dataFolder: string): string {
  return socketPath(join(resolve(dataFolder), "run"), "control.sock", temporaryFolder);
}

/** A socket's path, with what a node that was killed left there removed. The folder's claim says that none is alive. */
function freeSocket(run: string, name: string): string {
  const path = socketPath(run, name, privateTemporaryFolder);
  rmSync(path, { force: true });
  return path;
}

/** A socket's path is bounded by the kernel: a deep data folder gets its sockets in a private folder among the temporary files. */
function socketPath(run: string, name: string, otherwise: (run: string) => string): string {
  const inside = join(run, name);
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(otherwise(run), name);
}

function temporaryFolder(run: string): string {
  return join(tmpdir(), `godwit-${process.getuid?.() ?? 0}-${hash32(run).toString(36)}`);
}

function privateTemporaryFolder(run: string): string {
  const folder = temporaryFolder(run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new ConfigError(
      `${folder} is not private to this user; remove it, or choose a shorter data folder with --data`,
    );
  }
  return folder;
}
