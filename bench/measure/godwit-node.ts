/** A Godwit node under measurement, started as `godwit start` starts it. */
import { join } from "node:path";
import type { Subprocess } from "bun";
import { childrenOf } from "./process-usage.ts";

const ROOT = join(import.meta.dir, "../..");

export interface NodeOptions {
  /** Relative to bench/. */
  readonly app: string;
  readonly dataFolder: string;
  /** `sqlite`, or a PostgreSQL URL. */
  readonly store: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class GodwitNode {
  readonly #child: Subprocess;
  readonly port: number;
  readonly pid: number;

  private constructor(child: Subprocess, ready: { readonly url: string; readonly pid: number }) {
    this.#child = child;
    this.port = Number(new URL(ready.url).port);
    this.pid = ready.pid;
  }

  /** Starts a node and waits until it is ready. */
  static async start({ app, dataFolder, store, flags = [], env = {} }: NodeOptions): Promise<GodwitNode> {
    const node = ["--port", "0", "--data", dataFolder, "--store", store, "--node", "bench", "--json", ...flags];
    const child = Bun.spawn(
      [process.execPath, "--no-install", join(ROOT, "src/cli/main.ts"), "start", join(ROOT, "bench", app), ...node],
      { env: { ...process.env, NODE_ENV: "production", ...env }, stdio: ["ignore", "pipe", "inherit"] },
    );
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
      text += chunk;
      const line = text.split("\n").find((candidate) => candidate.includes('"ready"'));
      if (line) return new GodwitNode(child, JSON.parse(line) as { url: string; pid: number });
    }
    throw new Error(`the node ended with ${await child.exited} before it was ready`);
  }

  /** Its other processes: workers, and gateways where it has several. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    await this.#child.exited;
    clearTimeout(timer);
  }
}
