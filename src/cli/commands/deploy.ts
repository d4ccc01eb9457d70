import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, InvalidInputError, systemClock, toMs } from "../../core/index.ts";
import type { CanaryStatus, DeployDone, DeployDoor } from "../../node/index.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { resolveConfig } from "../config/resolve.ts";
import { SETTINGS } from "../config/settings.ts";
import { UsageError } from "../parse.ts";
import { renderTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** `godwit deploy`: new code under open sockets. */
export const deployCommand: Command = {
  name: "deploy",
  summary: "Put new code into a running node, under open sockets",
  details:
    "Loads the app in new workers beside the old, checks that they answer, moves over to them in one step and lets the old ones finish. When the new code does not load or is not healthy, the old goes on untouched and the command fails with the reason. SIGHUP does the same with the app that runs. With --canary the new code gets a share of the keys and sockets only, until it is promoted or withdrawn.",
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
    { name: "canary", placeholder: "SHARE", description: "Give the new code this share of the keys and sockets: 10%." },
    {
      name: "promote-after",
      placeholder: "TIME",
      description: "With --canary: promote it when it has stood for so long and is within its error rate.",
    },
    {
      name: "max-error-rate",
      placeholder: "SHARE",
      description: "With --promote-after: withdraw the canary when more of what it handles fails.",
      defaultText: "1%",
    },
    { name: "status", description: "Show the canary and the other code side by side." },
    { name: "promote", description: "Let all workers run the canary's code." },
    { name: "withdraw", description: "Give the canary's share back to the other code." },
  ],
  examples: [
    { line: "godwit deploy", meaning: "the same app, as on disk now" },
    { line: "godwit deploy releases/42/app.ts", meaning: "another app file" },
    { line: "godwit deploy --canary 10% --promote-after 5m", meaning: "a tenth, then all" },
  ],
  run: deploy,
};

const ACTIONS = ["status", "promote", "withdraw"] as const;

async function deploy(invocation: Invocation, terminal: Terminal): Promise<number> {
  const { switches, values } = invocation;
  const [action, another] = ACTIONS.filter((name) => switches.has(name));
  if (another !== undefined) throw new UsageError(`--${action} and --${another} exclude each other`, "deploy");
  const { data, canary } = values;
  const { config } = resolveConfig({ ...(data !== undefined && { dataFolder: data }) }, terminal.env);
  const { deployDoor } = await import("../../node/index.ts");
  const node = deployDoor(config.dataFolder, systemClock);
  if (action === "status") return showStatus(await node.canaryStatus(), invocation, terminal);
  if (action === "promote") return showDone(await node.promote(), invocation, terminal);
  if (action === "withdraw") return withdraw(node, invocation, terminal);
  if (canary !== undefined) return startCanary(node, canary, invocation, terminal);
  return showDone(await node.deploy(readWish(invocation)), invocation, terminal);
}

function readWish({ arguments: [app], values: { health } }: Invocation) {
  const appPath = app === undefined ? undefined : resolve(app);
  if (appPath !== undefined && !existsSync(appPath)) throw new ConfigError(`there is no app file ${appPath}`);
  return { appPath, healthMs: health === undefined ? undefined : toMs(health, "--health") };
}

async function startCanary(node: DeployDoor, share: string, invocation: Invocation, terminal: Terminal) {
  const after = invocation.values["promote-after"];
  const promoteAfterMs = after === undefined ? undefined : toMs(after, "--promote-after");
  const rate = readShare(invocation.values["max-error-rate"] ?? "1%", "--max-error-rate");
  const maxErrorRate = promoteAfterMs === undefined ? undefined : rate;
  const wish = { ...readWish(invocation), share: readShare(share, "--canary"), promoteAfterMs, maxErrorRate };
  return showStatus(await node.startCanary(wish), invocation, terminal);
}

async function withdraw(node: DeployDoor, { json }: Invocation, terminal: Terminal): Promise<number> {
  await node.withdraw();
  terminal.out(json ? JSON.stringify({ kind: "withdrawn" }) : "The canary is withdrawn; the other code has all again.");
  return EXIT.ok;
}

/** `10%`, or `0.1`. */
function readShare(text: string, path: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?) ?(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === "%" ? 100 : 1);
  if (share > 0 && share < 1) return share;
  throw new InvalidInputError(path, "a share above 0% and below 100%, such as 10%", text);
}

function showDone(done: DeployDone, { json }: Invocation, terminal: Terminal): number {
  const { style } = terminal;
  const took = style.dim(`(release ${done.release}, code ${done.codeVersion}, ${Math.round(done.tookMs)} ms)`);
  terminal.out(json ? JSON.stringify(done) : `${style.bold(done.app)} runs the new code ${took}`);
  return EXIT.ok;
}

function showStatus(status: CanaryStatus | null, { json }: Invocation, { out, style }: Terminal): number {
  if (json) out(JSON.stringify(status));
  else if (!status) out("There is no canary: all workers run the same code.");
  else {
    const { release, share, standsMs, current, canary, verdict } = status;
    const since = style.dim(`(for ${Math.round(standsMs / 1_000)} s)`);
    out(
      `Release ${style.bold(String(release))} has ${Math.round(share * 1_000) / 10}% of the keys and sockets ${since}`,
    );
    const rows = Object.entries({ "other code": current, canary }).map(([name, work]) => [
      name,
      String(work.handled),
      String(work.failed),
      `${Math.round(work.errorRate * 1_000) / 10}%`,
      ...[work.p50Ms, work.p99Ms].map((ms) => (ms === null ? "-" : `${ms.toFixed(1)} ms`)),
    ]);
    out(renderTable(style, ["", "handled", "failed", "error rate", "p50", "p99"], rows));
    if (verdict !== null) out(style.dim(`Its rule says: ${verdict}`));
  }
  return EXIT.ok;
}
