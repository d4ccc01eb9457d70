/** A Redis of the benchmark's own, in a folder and on a port of its own: what the machine's Redis is set to is unknown. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RedisServer extends AsyncDisposable {
  /** Its Unix socket. */
  readonly address: string;
  readonly pid: number;
}

/** `appendfsync`: `always` makes what is acknowledged durable, as everywhere else here; `everysec` is what most people run. */
export async function startRedis(appendfsync: "always" | "everysec"): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-bench-redis-"));
  const socket = join(folder, "redis.sock");
  const settings = { port: "0", unixsocket: socket, dir: folder, save: "", appendonly: "yes", appendfsync };
  const server = Bun.spawn(
    ["redis-server", ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  while (!existsSync(socket)) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    await Bun.sleep(20);
  }
  return {
    address: socket,
    pid: server.pid,
    async [Symbol.asyncDispose]() {
      server.kill();
      await server.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
