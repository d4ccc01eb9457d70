/**
 * A program of a benchmark, in a process of its own: what is measured must not share an event loop with what measures.
 *
 * Both ends speak in notices `{ kind, … }` over the channel that Bun and Node open to a child. States: started → ended; a program
 * that ends while somebody waits for its word fails that wait.
 */
import { join } from "node:path";
import type { Subprocess } from "bun";

export interface Notice {
  readonly kind: string;
}

const BENCH = join(import.meta.dir, "..");
const OPTIONS_VARIABLE = "GODWIT_BENCH_OPTIONS";

export class Program {
  readonly #child: Subprocess;
  readonly #arrived: Notice[] = [];
  readonly #waiting: { readonly kind: string; readonly resolve: (notice: Notice) => void }[] = [];
  readonly #path: string;

  /** Starts `path`, relative to bench/: TypeScript with this Bun, `.mjs` with the Node of bench/node_modules. */
  static start(path: string, options: object): Program {
    return new Program(path, options);
  }

  private constructor(path: string, options: object) {
    this.#path = path;
    const runtime = path.endsWith(".mjs") ? join(BENCH, "node_modules/.bin/node") : process.execPath;
    this.#child = Bun.spawn([runtime, join(BENCH, path)], {
      env: { ...process.env, NODE_ENV: "production", [OPTIONS_VARIABLE]: JSON.stringify(options) },
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "json",
      ipc: (notice: Notice) => this.#take(notice),
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next notice of that kind. @throws when the program ends first. */
  async next<N extends Notice>(kind: N["kind"]): Promise<N> {
    const at = this.#arrived.findIndex((notice) => notice.kind === kind);
    if (at >= 0) return this.#arrived.splice(at, 1)[0] as N;
    const said = new Promise<Notice>((resolve) => this.#waiting.push({ kind, resolve }));
    const ended = this.#child.exited.then((code) => {
      throw new Error(`${this.#path} ended with ${code} before it said "${kind}"`);
    });
    return (await Promise.race([said, ended])) as N;
  }

  tell<N extends Notice>(notice: N): void {
    this.#child.send(notice);
  }

  /** SIGTERM, after `graceMs` SIGKILL; resolves when it is gone. */
  async stop(graceMs: number = 10_000): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.#child.exited;
    clearTimeout(timer);
  }

  #take(notice: Notice): void {
    const at = this.#waiting.findIndex(({ kind }) => kind === notice.kind);
    if (at < 0) this.#arrived.push(notice);
    else this.#waiting.splice(at, 1)[0]?.resolve(notice);
  }
}

/** The options that this process was started with. */
export function programOptions<Options>(): Options {
  const text = process.env[OPTIONS_VARIABLE];
  if (text === undefined) throw new Error("a program of a benchmark: start it with `npm run bench`");
  process.once("SIGTERM", () => process.exit(0)); // An exit in good order lets a profiler write what it has seen.
  return JSON.parse(text) as Options;
}

/** Says something to the benchmark that started this process. */
export function say<N extends Notice>(notice: N): void {
  process.send?.(notice);
}

/** Resolves when the benchmark has said so, with what it said. */
export function heard<N extends Notice = Notice>(kind: N["kind"]): Promise<N> {
  return new Promise((resolve) => {
    const listen = (notice: unknown): void => {
      if ((notice as Notice).kind !== kind) return;
      process.off("message", listen);
      resolve(notice as N);
    };
    process.on("message", listen);
  });
}
