/** What `godwit start` says once the node is ready: where it is, what it stands on, what to try. */
import { relative } from "node:path";
import type { NodeConfig, RunningNode } from "../node/index.ts";
import { hidePassword } from "./config/parsers.ts";
import type { Style } from "./style.ts";
import { alignColumns } from "./table.ts";
import { VERSION } from "./version.ts";

export interface Ready {
  readonly node: RunningNode;
  readonly config: NodeConfig;
  /** From the start of the process until the node was ready. */
  readonly readyAfterMs: number;
  /** Paths are shown relative to this folder. */
  readonly cwd: string;
}

export function renderBanner({ node, config, readyAfterMs, cwd }: Ready, style: Style): string {
  const facts = [
    ["app", relativePath(cwd, config.appPath)],
    ["data", relativePath(cwd, config.dataFolder)],
    ["store", hidePassword(config.store)],
    ["workers", `${config.workers}${style.dim(` (node ${config.nodeName})`)}`],
  ] as const;
  const lines = [
    `${style.bold(style.cyan("godwit"))} ${VERSION} ${style.dim("·")} ${style.bold(node.appName)} ${style.dim(`· ready in ${Math.round(readyAfterMs)} ms`)}`,
    "",
    style.bold(style.green(node.url)),
    "",
    ...alignColumns(facts.map(([name, value]) => [style.dim(name), value])),
    ...renderTryThis(node.tryThis, style),
    "",
    style.dim("Ctrl-C stops it. What it has accepted is kept."),
  ];
  return ["", ...lines.map((line) => (line === "" ? "" : `  ${line}`)), ""].join("\n");
}

function renderTryThis(lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0
    ? []
    : ["", style.bold("Try this"), ...lines.map((line) => (line === "" ? "" : `  ${line}`))];
}

/** The same as one JSON line, for scripts that wait for it on stdout. */
export function renderReadyJson({ node, config, readyAfterMs }: Ready): string {
  const { dataFolder, store, workers, nodeName } = config;
  return JSON.stringify({
    event: "ready",
    url: node.url,
    app: node.appName,
    data: dataFolder,
    store: hidePassword(store),
    workers,
    node: nodeName,
    pid: process.pid,
    readyAfterMs: Math.round(readyAfterMs),
  });
}

function relativePath(cwd: string, path: string): string {
  const shorter = relative(cwd, path);
  return shorter === "" ? "." : shorter.startsWith("..") ? path : shorter;
}
