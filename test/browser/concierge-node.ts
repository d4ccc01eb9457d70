/** Starts the concierge as its users do: `bin/godwit start`, in a process of its own, with an empty data folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

const ROOT = join(import.meta.dir, "../..");

export interface ConciergeNode extends AsyncDisposable {
  readonly url: string;
  /** `kill -9` of the node's own process, then a start on the same port and folder. */
  crashAndRestart(whileDown: () => Promise<void>): Promise<void>;
}

interface Started {
  /** `bin/godwit`, which ends with the node. */
  readonly launcher: Subprocess;
  readonly url: string;
  readonly pid: number;
}

/** On a free port. @throws with what the node printed, when it ends before it is ready. */
export async function startConcierge(): Promise<ConciergeNode> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-concierge-"));
  let node = await start(folder, "0");
  return {
    url: node.url,
    async crashAndRestart(whileDown) {
      process.kill(node.pid, "SIGKILL");
      await node.launcher.exited;
      await whileDown();
      node = await start(folder, new URL(node.url).port);
    },
    async [Symbol.asyncDispose]() {
      node.launcher.kill("SIGTERM");
      await node.launcher.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string, port: string): Promise<Started> {
  const app = ["start", "examples/concierge/app.ts", "--port", port, "--data", folder, "--json"];
  const launcher = Bun.spawn(["node", join(ROOT, "bin/godwit"), ...app], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const errors = new Response(launcher.stderr).text();
  const ready = await readReadyLine(launcher.stdout);
  if (ready === undefined) throw new Error(`the node ended with ${await launcher.exited}: ${await errors}`);
  return { launcher, ...(JSON.parse(ready) as Pick<Started, "url" | "pid">) };
}

/** The line that says `ready`; undefined when the output ends without one. Reads on behind it, so that no pipe fills up. */
async function readReadyLine(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const ready = Promise.withResolvers<string | undefined>();
  void (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of output) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
      const line = text
        .split("\n")
        .slice(0, -1)
        .find((each) => each.includes('"event":"ready"'));
      if (line) ready.resolve(line);
    }
    ready.resolve(undefined);
  })();
  return ready.promise;
}
