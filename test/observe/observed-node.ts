/** A node with the desk app, and the three ways to ask it: its control socket, its HTTP API, its command line. */
import { join } from "node:path";
import { systemClock } from "../../src/core/index.ts";
import type { QueryName, QueryResults } from "../../src/inspect/index.ts";
import { connectControl } from "../../src/node/index.ts";
import { NodeProcess, type NodeProcessOptions } from "../node/node-process.ts";

const TOKEN = "a-token-for-the-tests";
/** An HTTP answer; its JSON is compared, not trusted. */
interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CLI = join(import.meta.dir, "../../src/cli/main.ts");

export class ObservedNode implements AsyncDisposable {
  readonly process: NodeProcess;

  private constructor(process: NodeProcess) {
    this.process = process;
  }

  static async start(options: Partial<NodeProcessOptions> = {}): Promise<ObservedNode> {
    const app = join(import.meta.dir, "fixtures/desk-app.ts");
    const env = { GODWIT_API_TOKEN: TOKEN, ...options.env };
    return new ObservedNode(await NodeProcess.start({ app, ...options, env }));
  }

  get url(): string {
    return this.process.url;
  }

  /** Over the control socket. */
  async ask<Name extends QueryName>(name: Name, params: object = {}): Promise<QueryResults[Name]> {
    const client = await connectControl(this.process.dataFolder, systemClock);
    try {
      return (await client.call(name, params)) as QueryResults[Name];
    } finally {
      client.close();
    }
  }

  /** Over HTTP. */
  async http<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    token: string = TOKEN,
  ): Promise<Answer<Body>> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  }

  /** Sends a message to the desk; its id. */
  async say(key: string, say: string): Promise<string> {
    return (await this.http<{ id: string }>("POST", `/api/actors/desk/${key}/messages`, { say })).body.id;
  }

  /** `godwit …` on this node's data folder. */
  async cli(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = Bun.spawn([process.execPath, CLI, ...line.split(" "), "--data", this.process.dataFolder], {
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  /** Asks again until the answer is as wanted: what is decided is carried out by a worker, a moment later. */
  async until<Answer>(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await ask();
      if (wanted(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
