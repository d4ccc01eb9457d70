import { existsSync } from "node:fs";
import { ConfigError, systemClock } from "../../core/index.ts";
import type { NodeConfig } from "../../node/index.ts";
import { type Ready, renderBanner, renderReadyJson } from "../banner.ts";
import type { Command, Invocation } from "../command.ts";
import { APP_ARGUMENT, givenSettings, SETTING_OPTIONS } from "../config/options.ts";
import { resolveConfig } from "../config/resolve.ts";
import { runNode } from "../run-node.ts";
import type { Terminal } from "../terminal.ts";
import { warnOfMisspeltVariables } from "./config.ts";

/** `godwit start`: a node in the foreground. */
export const startCommand: Command = {
  name: "start",
  summary: "Run an app, until SIGTERM or Ctrl-C",
  details:
    "Starting is recovering: a node that was killed goes on where it stood. SIGTERM or Ctrl-C finishes what is in hand and ends with 0; a second one forces.",
  arguments: [APP_ARGUMENT],
  options: SETTING_OPTIONS,
  examples: [
    { line: "godwit start", meaning: "app.ts on http://127.0.0.1:4000" },
    { line: "godwit start bot.ts --port 8080 --workers 4", meaning: "another app, on more cores" },
  ],
  run: start,
};

/** @throws ConfigError when the app file is not there. */
export function requireApp({ appPath }: NodeConfig, command: string): void {
  if (existsSync(appPath)) return;
  throw new ConfigError(`there is no app file ${appPath}; name it: godwit ${command} path/to/app.ts`);
}

async function start(invocation: Invocation, terminal: Terminal): Promise<number> {
  const { config } = resolveConfig(givenSettings(invocation), terminal.env);
  warnOfMisspeltVariables(terminal);
  requireApp(config, "start");
  // Loaded here, so that the other commands do not wait for it.
  const { startNode } = await import("../../node/index.ts");
  return runNode({
    config,
    startNode,
    onReady: (node) => {
      // On a terminal it says that the terminal is gone, and ends the node. What failed is in the node's log; the old code goes on.
      if (!process.stdout.isTTY) process.on("SIGHUP", () => void node.deploy().catch(() => undefined));
      const ready: Ready = { node, config, readyAfterMs: Bun.nanoseconds() / 1e6, cwd: process.cwd() };
      terminal.out(invocation.json ? renderReadyJson(ready) : renderBanner(ready, terminal.style));
    },
    onStopping: (why) => terminal.err(terminal.style.dim(why)),
    signals: process,
    clock: systemClock,
  });
}
