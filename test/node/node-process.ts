/** A node as a real process, for tests that kill it: started by the CLI, on a free port, on a data folder of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/cli/main.ts");

export interface NodeProcessOptions {
  /** Default `start`. */
  readonly command?: "start" | "dev";
  readonly app: string;
  /** Default: a new one, removed at the end. */
  readonly dataFolder?: string;
  readonly arguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class NodeProcess implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly dataFolder: string;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #log: NodeLog;

  private constructor(child: Bun.Subprocess<"ignore", "pipe", "pipe">, log: NodeLog, url: string, dataFolder: string) {
    this.#child = child;
    this.url = url;
    this.pid = child.pid;
    this.dataFolder = dataFolder;
    this.#log = log;
  }

  /** Resolves when the node is ready. */
  static async start(options: NodeProcessOptions): Promise<NodeProcess> {
    const dataFolder = options.dataFolder ?? (await temporaryFolder());
    const command = [
      process.execPath,
      "--no-orphans", // A test that is killed takes its nodes along.
      MAIN,
      options.command ?? "start",
      options.app,
      "--json",
      "--port",
      "0",
      "--data",
      dataFolder,
    ];
    const child = Bun.spawn([...command, ...(options.arguments ?? [])], {
      env: { ...process.env, ...options.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const log = new NodeLog(child.stderr, child.stdout);
    const ended = child.exited.then((code) => {
      throw new Error(`the node ended with ${code} before it was ready (run with TEST_NODE_LOG=1 to see why)`);
    });
    const { url } = await Promise.race([log.find("ready", 1), ended]);
    ended.catch(() => undefined);
    return new NodeProcess(child, log, url as string, dataFolder);
  }

  get exited(): Promise<number> {
    return this.#child.exited;
  }

  /** How many log lines of that event there are so far. */
  count(event: string): number {
    return this.#log.count(event);
  }

  /** Resolves with the fields of the first log line of that event (or the `number`-th), past or to come. */
  logged(event: string, number = 1): Promise<Readonly<Record<string, unknown>>> {
    return this.#log.find(event, number);
  }

  /** Runs a command of the CLI against this node. */
  async godwit(...command: readonly string[]): Promise<CommandOutput> {
    const child = Bun.spawn([process.execPath, MAIN, ...command, "--data", this.dataFolder], {
      env: { ...process.env, NO_COLOR: "1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, stdout, stderr };
  }

  /** What it has written to stderr so far. */
  errors(): string {
    return this.#log.errors;
  }

  /** All that it has written to stderr, once it has ended. */
  stderr(): Promise<string> {
    return this.#log.whole;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** `kill -9` of the supervisor and gateway: its workers must follow by themselves. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  /** The worker processes that run now. */
  async workers(): Promise<readonly number[]> {
    const listed = await Bun.file(`/proc/${this.pid}/task/${this.pid}/children`).text();
    return listed.trim().split(/\s+/).filter(Boolean).map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    await rm(this.dataFolder, { recursive: true, force: true });
  }
}

type LogLine = Readonly<Record<string, unknown>>;

/** What the node says: its log, which it writes as JSON when nobody sits at a terminal, and the lines of its command with `--json`. `TEST_NODE_LOG=1` shows it. */
class NodeLog {
  readonly #lines: LogLine[] = [];
  readonly #waiting: { readonly event: string; readonly resolve: (line: LogLine) => void }[] = [];

  /** The text of stderr so far. */
  errors = "";
  /** The text of stderr, once it has ended. */
  readonly whole: Promise<string>;

  constructor(stderr: ReadableStream<Uint8Array>, stdout: ReadableStream<Uint8Array>) {
    this.whole = this.#read(stderr, (text) => {
      this.errors += text;
    }).then(() => this.errors);
    void this.#read(stdout);
  }

  count(event: string): number {
    return this.#lines.filter((line) => line.event === event).length;
  }

  async find(event: string, number: number): Promise<LogLine> {
    for (;;) {
      const found = this.#lines.filter((line) => line.event === event)[number - 1];
      if (found) return found;
      await new Promise<LogLine>((resolve) => this.#waiting.push({ event, resolve }));
    }
  }

  async #read(stream: ReadableStream<Uint8Array>, note: (text: string) => void = () => {}): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      note(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) this.#take(line);
    }
  }

  #take(text: string): void {
    if (process.env.TEST_NODE_LOG) process.stderr.write(`${text}\n`);
    if (!text.startsWith("{")) return;
    const line = JSON.parse(text) as LogLine;
    this.#lines.push(line);
    for (const [i, { event, resolve }] of this.#waiting.entries()) {
      if (event !== line.event) continue;
      this.#waiting.splice(i, 1);
      return resolve(line);
    }
  }
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "godwit-node-"));
}
