import { dirname } from "node:path";
import { systemClock, toError } from "../../core/index.ts";
import type { RunningNode } from "../../node/index.ts";
import { type Ready, renderBanner, renderReadyJson } from "../banner.ts";
import type { Command, Invocation } from "../command.ts";
import { APP_ARGUMENT, givenSettings, SETTING_OPTIONS } from "../config/options.ts";
import { resolveConfig } from "../config/resolve.ts";
import { reportError } from "../report-error.ts";
import { runNode } from "../run-node.ts";
import type { Terminal } from "../terminal.ts";
import { watchFiles } from "../watch-files.ts";
import { warnOfMisspeltVariables } from "./config.ts";
import { requireApp } from "./start.ts";

/** `godwit dev`: a node whose code follows the files. */
export const devCommand: Command = {
  name: "dev",
  summary: "Run an app while you write it: each save swaps the code in",
  details:
    "As start, but a save below the app's folder loads the code anew, under open sockets and with every actor's state kept. Code that does not load is shown here and on the app's pages, and the old code goes on. Memory is not watched unless --worker-memory says so.",
  arguments: [APP_ARGUMENT],
  options: SETTING_OPTIONS,
  examples: [{ line: "godwit dev", meaning: "app.ts on http://127.0.0.1:4000" }],
  run: dev,
};

async function dev(invocation: Invocation, terminal: Terminal): Promise<number> {
  const env = { ...terminal.env, GODWIT_WORKER_MEMORY: terminal.env.GODWIT_WORKER_MEMORY || "off" };
  const { config } = resolveConfig(givenSettings(invocation), env);
  warnOfMisspeltVariables(terminal);
  requireApp(config, "dev");
  const { startNode } = await import("../../node/index.ts");
  let watching: Disposable | undefined;
  const code = await runNode({
    config,
    startNode: (config) => startNode(config, { dev: true }),
    onReady: (node) => {
      const ready: Ready = { node, config, readyAfterMs: Bun.nanoseconds() / 1e6, cwd: process.cwd() };
      terminal.out(invocation.json ? renderReadyJson(ready) : renderBanner(ready, terminal.style));
      const swap = swapper(node, invocation, terminal);
      watching = watchFiles(dirname(config.appPath), config.dataFolder, systemClock, swap);
    },
    onStopping: (why) => terminal.err(terminal.style.dim(why)),
    signals: process,
    clock: systemClock,
  });
  watching?.[Symbol.dispose]();
  return code;
}

/** One swap at a time; what is saved meanwhile is swapped in after it. */
function swapper(node: RunningNode, invocation: Invocation, terminal: Terminal): () => void {
  let swapping = false;
  let again = false;
  const swap = async (): Promise<void> => {
    swapping = true;
    do {
      again = false;
      await swapOnce(node, invocation, terminal);
    } while (again);
    swapping = false;
  };
  return () => {
    again = true;
    if (!swapping) void swap();
  };
}

async function swapOnce(node: RunningNode, { json }: Invocation, terminal: Terminal): Promise<void> {
  try {
    const { release, tookMs } = await node.deploy({ healthMs: 0 });
    const ms = Math.round(tookMs);
    const { style } = terminal;
    if (json) terminal.out(JSON.stringify({ event: "swapped", release, tookMs: ms }));
    else terminal.out(`${style.green("✓")} swapped in ${ms} ms ${style.dim(`(release ${release})`)}`);
  } catch (thrown) {
    await reportError(toError(thrown), json, terminal);
  }
}
