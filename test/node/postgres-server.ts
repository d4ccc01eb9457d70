/** A PostgreSQL server of the test's own, which may be restarted and killed without hurting other tests. */
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOTS = ["/usr/lib/postgresql", "/usr/pgsql"];

/** Undefined where the server's programs are not installed, or the test may not run them (as root they run as `postgres`). */
export function findPostgresPrograms(): string | undefined {
  for (const root of ROOTS.filter(existsSync)) {
    for (const version of readdirSync(root).sort().reverse()) {
      const folder = join(root, version, "bin");
      if (existsSync(join(folder, "initdb"))) return folder;
    }
  }
  return undefined;
}

export class PostgresServer implements AsyncDisposable {
  readonly url: string;
  readonly #programs: string;
  readonly #folder: string;
  readonly #port: number;

  private constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Creates a cluster in a temporary folder and starts it on a free port, with fsync on. */
  static async start(programs: string): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "godwit-postgres-"));
    const owner = await ownerOf();
    if (owner) chownSync(folder, owner.uid, owner.gid);
    const server = new PostgresServer(programs, folder, freePort());
    await server.#run("initdb", "-D", join(folder, "data"), "-U", "postgres", "--auth=trust", "--no-instructions");
    await server.up();
    return server;
  }

  up(): Promise<void> {
    const options = `-p ${this.#port} -k ${this.#folder} -c listen_addresses=127.0.0.1 -c shared_buffers=64MB`;
    return this.#control("start", "-w", "-o", options, "-l", join(this.#folder, "log"));
  }

  /** `immediate` is a crash: the server recovers from its log at the next start. */
  down(mode: "fast" | "immediate"): Promise<void> {
    return this.#control("stop", "-m", mode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down("immediate").catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #control(...args: readonly string[]): Promise<void> {
    return this.#run("pg_ctl", "-D", join(this.#folder, "data"), ...args);
  }

  /** The server refuses to run as root. */
  async #run(program: string, ...args: readonly string[]): Promise<void> {
    const path = join(this.#programs, program);
    const command = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--", path, ...args] : [path, ...args];
    // Its server inherits stdout: a pipe would stay open for as long as it runs.
    const child = Bun.spawn(command, { cwd: this.#folder, stdout: "ignore", stderr: "ignore" });
    if ((await child.exited) !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${child.exitCode}`);
  }
}

async function ownerOf(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const ask = async (flag: string) => Number(await new Response(Bun.spawn(["id", flag, "postgres"]).stdout).text());
  return { uid: await ask("-u"), gid: await ask("-g") };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
