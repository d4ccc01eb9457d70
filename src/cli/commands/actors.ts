import type { ActorDetails, ActorRow, LaneRow } from "../../inspect/index.ts";
import { type Ask, facts, fitTable, given, NODE_OPTIONS, PAGE_OPTIONS, showListing, withNode } from "../ask-node.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { UsageError } from "../parse.ts";
import type { Style } from "../style.ts";
import type { Terminal } from "../terminal.ts";
import { ago, plural, span } from "../units.ts";

/** `godwit actors`: find a key, see it, pause it, let it go on. */
export const actorsCommand: Command = {
  name: "actors",
  summary: "Find a key, show its state and its lane, pause or resume it",
  details:
    "Without arguments the lanes that are not running normally. With ACTOR its keys, with KEY all of one: its state, its lane, what waits for it.",
  arguments: [
    { name: "ACTOR", description: "An actor's name.", required: false },
    { name: "KEY", description: "One of its keys.", required: false },
  ],
  options: [
    { name: "prefix", placeholder: "TEXT", description: "Keys that begin with it." },
    {
      name: "status",
      placeholder: "STATUS",
      description: "Lanes that are retrying, spilled, halted, paused or unmigratable.",
    },
    { name: "pause", description: "Stop the key before its next message." },
    { name: "resume", description: "Let the key go on." },
    ...PAGE_OPTIONS,
    ...NODE_OPTIONS,
  ],
  examples: [
    { line: "godwit actors", meaning: "lanes that retry, or wait for a person" },
    { line: "godwit actors desk --prefix guest", meaning: "keys of desk that begin with guest" },
    { line: "godwit actors desk guest-1 --pause", meaning: "stop one key" },
  ],
  run: (invocation, terminal) => withNode(invocation, terminal, (ask) => actors(ask, invocation, terminal)),
};

async function actors(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const [actor, key] = invocation.arguments;
  const { switches } = invocation;
  if (switches.has("pause") || switches.has("resume")) return decide(ask, invocation, terminal);
  if (actor === undefined) await showLanes(ask, invocation, terminal);
  else if (key === undefined) await showKeys(ask, actor, invocation, terminal);
  else {
    const details = await ask("actors.show", { actor, key });
    terminal.out(invocation.json ? JSON.stringify(details) : renderKey(details, terminal));
  }
  return EXIT.ok;
}

async function decide(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const { switches, json } = invocation;
  const [actor, key] = invocation.arguments;
  if (switches.has("pause") && switches.has("resume"))
    throw new UsageError("--pause and --resume exclude each other", "actors");
  const verb = switches.has("pause") ? "pause" : "resume";
  if (actor === undefined || key === undefined) throw new UsageError(`--${verb} needs ACTOR and KEY`, "actors");
  const asked = await ask(`actors.${verb}`, { actor, key });
  terminal.out(
    json ? JSON.stringify(asked) : `${actor}/${key} ${verb === "pause" ? "stops before its next message" : "goes on"}.`,
  );
  return EXIT.ok;
}

async function showLanes(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<void> {
  const filter = given(invocation, ["status", "limit", "after"]);
  showListing(await ask("lanes", filter), invocation, terminal, {
    command: "actors",
    none: "Every lane runs normally.",
    render: (rows) => renderLanes(rows, terminal),
  });
}

async function showKeys(ask: Ask, actor: string, invocation: Invocation, terminal: Terminal): Promise<void> {
  const filter = given(invocation, ["prefix", "limit", "after"]);
  showListing(await ask("actors.list", { ...filter, actor }), invocation, terminal, {
    command: `actors ${actor}${filter.prefix === undefined ? "" : ` --prefix ${filter.prefix}`}`,
    none: `${actor} has no key with a state${filter.prefix === undefined ? "" : ` that begins with ${filter.prefix}`}.`,
    render: (rows) => renderKeys(rows, terminal),
  });
}

function renderLanes(rows: readonly LaneRow[], terminal: Terminal): string {
  const now = Date.now();
  return fitTable(
    terminal,
    ["lane", "status", "tries", "waiting", "next try", "error"],
    rows.map(({ stream, target, key, status, attempts, waiting, dueAtMs, error }) => [
      `${stream === "out" ? "→ " : ""}${target}/${key}`,
      laneText(status, terminal.style),
      String(attempts),
      String(waiting),
      dueAtMs === null ? "by you" : dueAtMs <= now ? "now" : `in ${span(dueAtMs - now)}`,
      error ?? "",
    ]),
  );
}

function renderKeys(rows: readonly ActorRow[], terminal: Terminal): string {
  const { style } = terminal;
  const now = Date.now();
  return fitTable(
    terminal,
    ["key", "lane", "state", "changed"],
    rows.map(({ key, lane, stateLength, stateVersion, updatedAtMs }) => [
      style.bold(key),
      laneText(lane, style),
      `${stateLength} characters, v${stateVersion}`,
      ago(updatedAtMs, now),
    ]),
  );
}

function renderKey(
  { actor, key, shard, owner, state, lane, waiting, moreWaiting, deadLetters }: ActorDetails,
  terminal: Terminal,
): string {
  const { style } = terminal;
  const now = Date.now();
  const known: (readonly [string, string])[] = [
    [
      "lane",
      lane
        ? `${laneText(lane.status, style)}${lane.error === null ? "" : `: ${lane.error}`}`
        : laneText("normal", style),
    ],
    ["shard", `${shard} ${style.dim(owner === null ? "held by nobody" : `held by ${owner}`)}`],
    ["state", state ? state.body.text : style.dim("none")],
  ];
  if (state) known.push(["", style.dim(`v${state.version}, changed ${ago(state.updatedAtMs, now)}`)]);
  const waits = waiting.map(({ id, acceptedAtMs, body }) => [style.bold(id), ago(acceptedAtMs, now), body]);
  const parts = [`${style.bold(`${actor}/${key}`)}\n${facts(terminal, known)}`];
  if (waits.length > 0) {
    parts.push(
      `${plural(waits.length, "message waits", "messages wait")}${moreWaiting ? ", and more" : ""}:\n${fitTable(terminal, ["id", "accepted", "body"], waits)}`,
    );
  }
  if (deadLetters.length > 0) {
    parts.push(
      `${style.red(plural(deadLetters.length, "dead letter"))}: ${style.cyan(`godwit dead --target ${actor} --key ${key}`)}`,
    );
  }
  return parts.join("\n\n");
}

export function laneText(status: string, style: Style): string {
  if (status === "normal") return style.green(status);
  return status === "retrying" || status === "spilled" ? style.yellow(status) : style.red(status);
}
