/** Starts the concierge as its users do: `bin/godwit start`, in a process of its own, on a free port and an empty data folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

export interface ConciergeNode extends AsyncDisposable {
  readonly url: string;
}

/** @throws with what the node printed, when it ends before it is ready. */
export async function startConcierge(): Promise<ConciergeNode> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-concierge-"));
  const node = Bun.spawn(
    ["node", join(ROOT, "bin/godwit"), "start", "examples/concierge/app.ts", "--port", "0", "--data", folder, "--json"],
    { cwd: ROOT, stdout: "pipe", stderr: "pipe" },
  );
  const errors = new Response(node.stderr).text();
  const url = await readUrl(node.stdout);
  if (url === undefined) throw new Error(`the node ended with ${await node.exited}: ${await errors}`);
  return {
    url,
    async [Symbol.asyncDispose]() {
      node.kill("SIGTERM");
      await node.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The address in the line that says `ready`; undefined when the output ends without one. Reads on behind it, so that no pipe fills up. */
async function readUrl(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const ready = Promise.withResolvers<string | undefined>();
  void (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of output) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
      const line = text.split("\n").find((each) => each.includes('"event":"ready"'));
      if (line) ready.resolve((JSON.parse(line) as { url: string }).url);
    }
    ready.resolve(undefined);
  })();
  return ready.promise;
}
