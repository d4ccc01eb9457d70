import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, systemClock, toMs } from "../../core/index.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { resolveConfig } from "../config/resolve.ts";
import { SETTINGS } from "../config/settings.ts";
import type { Terminal } from "../terminal.ts";

/** A node loads, checks and moves within it; its old workers may drain for longer. */
const DEADLINE_MS = 120_000;

/** `godwit deploy`: new code under open sockets. */
export const deployCommand: Command = {
  name: "deploy",
  summary: "Put new code into a running node, under open sockets",
  details:
    "Loads the app in new workers beside the old, checks that they answer, moves over to them in one step and lets the old ones finish. When the new code does not load or is not healthy, the old goes on untouched and the command fails with the reason. SIGHUP does the same with the app that runs.",
  arguments: [
    {
      name: SETTINGS.appPath.placeholder,
      description: "The app file to go over to.",
      required: false,
      defaultText: "the one that runs",
    },
  ],
  options: [
    {
      name: "data",
      placeholder: "FOLDER",
      description: "The node's data folder.",
      defaultText: "./data",
      variable: SETTINGS.dataFolder.variable,
    },
    {
      name: "health",
      placeholder: "TIME",
      description: "How long each new worker must answer before anything moves.",
      defaultText: "1 second",
    },
  ],
  examples: [
    { line: "godwit deploy", meaning: "the app that runs, as it is on disk now" },
    { line: "godwit deploy releases/42/app.ts", meaning: "another app file" },
  ],
  run: deploy,
};

async function deploy(invocation: Invocation, terminal: Terminal): Promise<number> {
  const { data, health } = invocation.values;
  const [app] = invocation.arguments;
  const appPath = app === undefined ? undefined : resolve(app);
  if (appPath !== undefined && !existsSync(appPath)) throw new ConfigError(`there is no app file ${appPath}`);
  const healthMs = health === undefined ? undefined : toMs(health, "--health");
  const { config } = resolveConfig({ ...(data !== undefined && { dataFolder: data }) }, terminal.env);
  const { askForDeploy } = await import("../../node/index.ts");
  const done = await askForDeploy(config.dataFolder, { appPath, healthMs }, systemClock, DEADLINE_MS);
  if (invocation.json) terminal.out(JSON.stringify(done));
  else {
    const { style } = terminal;
    const took = style.dim(`(release ${done.release}, code ${done.codeVersion}, ${Math.round(done.tookMs)} ms)`);
    terminal.out(`${style.bold(done.app)} runs the new code ${took}`);
  }
  return EXIT.ok;
}
