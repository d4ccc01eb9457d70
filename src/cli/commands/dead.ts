import type { DeadLetterDetails, DeadLetterRow, Decided } from "../../inspect/index.ts";
import { type Ask, facts, fitTable, given, NODE_OPTIONS, PAGE_OPTIONS, showListing, withNode } from "../ask-node.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { UsageError } from "../parse.ts";
import type { Terminal } from "../terminal.ts";
import { ago, moment, plural } from "../units.ts";

/** `godwit dead`: messages that were given up, and what becomes of them. */
export const deadCommand: Command = {
  name: "dead",
  summary: "Show dead letters, send them back, or give them up",
  details:
    "Without ID a list. --redrive sends a letter back to the head of its lane, --discard gives it up for good: one by its ID, or all of a --target (and --key), 500 at a time. Deciding twice does nothing twice.",
  arguments: [
    { name: "ID", description: "A message's id, such as m12-345: shows all of that letter.", required: false },
  ],
  options: [
    { name: "target", placeholder: "NAME", description: "Of this actor or connector." },
    { name: "key", placeholder: "KEY", description: "Of this key." },
    { name: "status", placeholder: "STATUS", description: "dead, redriven or discarded.", defaultText: "dead" },
    { name: "redrive", description: "Send back to the lane." },
    { name: "discard", description: "Give up for good." },
    { name: "reason", placeholder: "TEXT", description: "Why; kept with the letter." },
    ...PAGE_OPTIONS,
    ...NODE_OPTIONS,
  ],
  examples: [
    { line: "godwit dead", meaning: "what has died, and of what" },
    { line: "godwit dead m12-345 --redrive", meaning: "try that one again" },
    { line: "godwit dead --target desk --discard", meaning: "give up all of an actor" },
  ],
  run: (invocation, terminal) => withNode(invocation, terminal, (ask) => dead(ask, invocation, terminal)),
};

async function dead(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const { switches } = invocation;
  const [id] = invocation.arguments;
  if (switches.has("redrive") && switches.has("discard")) {
    throw new UsageError("--redrive and --discard exclude each other", "dead");
  }
  if (switches.has("redrive") || switches.has("discard")) return decide(ask, invocation, terminal);
  if (id !== undefined) {
    const letter = await ask("dead.show", { id });
    terminal.out(invocation.json ? JSON.stringify(letter) : renderLetter(letter, terminal));
    return EXIT.ok;
  }
  const filter = given(invocation, ["target", "key", "status", "limit", "after"]);
  showListing(await ask("dead.list", filter), invocation, terminal, {
    command: commandLine(filter),
    none: "No dead letters.",
    render: (rows) => renderLetters(rows, terminal),
  });
  return EXIT.ok;
}

async function decide(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const verb = invocation.switches.has("redrive") ? "redrive" : "discard";
  const [id] = invocation.arguments;
  if (id === undefined && invocation.values.target === undefined) {
    throw new UsageError(`--${verb} needs an ID, or --target`, "dead");
  }
  const params = {
    limit: "500",
    ...given(invocation, ["target", "key", "limit", "reason"]),
    ...(id !== undefined && { id }),
  };
  const decided = await ask(`dead.${verb}`, params);
  terminal.out(invocation.json ? JSON.stringify(decided) : renderDecided(decided, verb, terminal));
  return EXIT.ok;
}

function renderDecided({ asked, more }: Decided, verb: string, { style }: Terminal): string {
  if (asked.length === 0) return style.dim("No dead letters there.");
  const done = verb === "redrive" ? "sent back to" : "given up in";
  const said = `${plural(asked.length, "letter")} ${asked.length === 1 ? "is" : "are"} being ${done} ${asked.length === 1 ? "its lane" : "their lanes"}.`;
  return more ? `${said} There are more: run the same again.` : said;
}

function renderLetters(rows: readonly DeadLetterRow[], terminal: Terminal): string {
  const { style } = terminal;
  const now = Date.now();
  return fitTable(
    terminal,
    ["id", "of", "died", "tries", "error"],
    rows.map(({ id, target, key, diedAtMs, attempts, error, status }) => [
      style.bold(id),
      `${target}/${key}`,
      status === "dead" ? ago(diedAtMs, now) : status,
      String(attempts),
      `${error.name}: ${error.message}`,
    ]),
  );
}

function renderLetter(letter: DeadLetterDetails, terminal: Terminal): string {
  const { style } = terminal;
  const { id, target, key, status, attempts, acceptedAtMs, diedAtMs, reason, body, stack, error } = letter;
  const known = facts(terminal, [
    ["of", `${target}/${key}`],
    ["status", status === "dead" ? style.red(status) : `${status}${reason === null ? "" : ` (${reason})`}`],
    ["accepted", moment(acceptedAtMs)],
    ["died", `${moment(diedAtMs)} after ${plural(attempts, "try", "tries")}`],
    ["body", `${body.text}${body.truncated ? style.dim(` … ${body.length} characters in all`) : ""}`],
  ]);
  const next = status === "dead" ? `\n\n${style.dim("then:")} ${style.cyan(`godwit dead ${id} --redrive`)}` : "";
  return `${style.bold(id)}\n${known}\n\n${style.red(stack ?? `${error.name}: ${error.message}`)}${next}`;
}

/** The same command again, for the next page. */
function commandLine(filter: Readonly<Record<string, string>>): string {
  const options = Object.entries(filter).filter(([name]) => name !== "after");
  return ["dead", ...options.map(([name, value]) => `--${name} ${value}`)].join(" ");
}
