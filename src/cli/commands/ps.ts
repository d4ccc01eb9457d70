import type { NodeDetails, ShardRow, WorkerRow } from "../../inspect/index.ts";
import type { ServiceTree } from "../../supervision/index.ts";
import { facts, fitTable, given, NODE_OPTIONS, PAGE_OPTIONS, showListing, withNode } from "../ask-node.ts";
import { type Command, EXIT } from "../command.ts";
import type { Style } from "../style.ts";
import { alignColumns } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { bytes, count, plural, span, took } from "../units.ts";

/** `godwit ps`: what runs. */
export const psCommand: Command = {
  name: "ps",
  summary: "Show what runs: the tree of services, processes, memory",
  arguments: [],
  options: [
    { name: "shards", description: "Show who holds each shard, and its lag, instead." },
    ...PAGE_OPTIONS,
    ...NODE_OPTIONS,
  ],
  examples: [
    { line: "godwit ps", meaning: "the supervision tree" },
    { line: "godwit ps --shards", meaning: "leases and lag" },
  ],
  run: (invocation, terminal) =>
    withNode(invocation, terminal, async (ask) => {
      if (invocation.switches.has("shards")) {
        showListing(await ask("shards", given(invocation, ["limit", "after"])), invocation, terminal, {
          command: "ps --shards",
          none: "No shards.",
          render: (rows) => renderShards(rows, terminal),
        });
        return EXIT.ok;
      }
      const node = await ask("node");
      terminal.out(invocation.json ? JSON.stringify(node) : renderNode(node, terminal));
      return EXIT.ok;
    }),
};

function renderNode(node: NodeDetails, terminal: Terminal): string {
  const { style } = terminal;
  const { app, shards, sockets } = node;
  const head = facts(terminal, [
    [
      "node",
      `${style.bold(node.node)} ${style.dim(`godwit ${node.version}, up ${span(Date.now() - node.startedAtMs)}, pid ${node.pid}`)}`,
    ],
    ["app", app ? `${app.name} ${style.dim(`code ${app.codeVersion}`)}` : style.yellow("not loaded yet")],
    ["url", node.url ?? style.yellow("not open yet")],
    [
      "store",
      shards
        ? `${node.store} ${style.dim(`${plural(shards.lag, "message")} behind`)}`
        : style.red(`${node.store} does not answer`),
    ],
    ["sockets", `${count(sockets.connections)} ${style.dim(`with ${plural(sockets.joined, "channel")}`)}`],
  ]);
  const workers = new Map(node.workers.map((worker) => [worker.worker, worker]));
  return `${head}\n\n${alignColumns(treeRows(node.tree, workers, style)).join("\n")}`;
}

/** One row a service, indented by its place in the tree. */
function treeRows(
  tree: ServiceTree,
  workers: ReadonlyMap<string, WorkerRow>,
  style: Style,
): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  const visit = (service: ServiceTree, line: string, below: string): void => {
    rows.push([
      `${style.dim(line)}${service.id}`,
      stateText(service.state, style),
      ...processCells(service, workers, style),
    ]);
    const children = service.children ?? [];
    for (const [i, child] of children.entries()) {
      const last = i === children.length - 1;
      visit(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    }
  };
  visit(tree, "", "");
  return rows;
}

function processCells(service: ServiceTree, workers: ReadonlyMap<string, WorkerRow>, style: Style): readonly string[] {
  const worker = [...workers.values()].find(({ pid }) => pid !== null && pid === service.pid);
  const restarts = service.restarts > 0 ? style.yellow(plural(service.restarts, "restart")) : "";
  const error = service.lastError ? style.red(`${service.lastError.message.split("\n", 1)[0]}`) : "";
  if (!worker) return ["", "", "", [restarts, error].filter(Boolean).join("  ")];
  return [
    style.dim(`pid ${worker.pid}`),
    worker.rssBytes === null ? "" : bytes(worker.rssBytes),
    worker.loopDelayMs === null ? "" : style.dim(`loop ${took(worker.loopDelayMs)}`),
    [worker.codeVersion === null ? "" : style.dim(`code ${worker.codeVersion}`), restarts, error]
      .filter(Boolean)
      .join("  "),
  ];
}

function stateText(state: ServiceTree["state"], style: Style): string {
  if (state === "running") return style.green("running");
  return state === "starting" || state === "stopping" ? style.yellow(state) : style.red(state);
}

function renderShards(rows: readonly ShardRow[], terminal: Terminal): string {
  const { style } = terminal;
  const lagText = (lag: number) => (lag === 0 ? style.dim("0") : style.yellow(count(lag)));
  return fitTable(
    terminal,
    ["shard", "epoch", "in lag", "out lag", "held by"],
    rows.map(({ shard, epoch, lagIn, lagOut, owner, worker }) => [
      String(shard),
      String(epoch),
      lagText(lagIn),
      lagText(lagOut),
      worker ?? owner ?? style.red("nobody"),
    ]),
  );
}
