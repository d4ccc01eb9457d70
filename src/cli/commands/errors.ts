import type { ErrorDetails, ErrorRow } from "../../inspect/index.ts";
import { type Ask, facts, fitTable, given, NODE_OPTIONS, PAGE_OPTIONS, showListing, withNode } from "../ask-node.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { UsageError } from "../parse.ts";
import type { Terminal } from "../terminal.ts";
import { ago, count, moment, plural } from "../units.ts";

const DECISIONS = { resolve: "resolved", ignore: "ignored", reopen: "open" } as const;
type Decision = keyof typeof DECISIONS;

/** `godwit errors`: failures grouped by their cause. */
export const errorsCommand: Command = {
  name: "errors",
  summary: "Show failures grouped by their cause; resolve or ignore them",
  details:
    "An inbox: one row a cause, the latest first. One that was resolved and comes back is open again, and marked as a regression.",
  arguments: [
    { name: "ERROR", description: "A fingerprint: shows its stack and the message that caused it.", required: false },
  ],
  options: [
    { name: "state", placeholder: "STATE", description: "open, resolved or ignored.", defaultText: "open" },
    { name: "resolve", description: "It is mended; tell me when it comes back." },
    { name: "ignore", description: "Count it, and leave me alone." },
    { name: "reopen", description: "It is open after all." },
    ...PAGE_OPTIONS,
    ...NODE_OPTIONS,
  ],
  examples: [
    { line: "godwit errors", meaning: "what fails, the latest first" },
    { line: "godwit errors 3f2a91c0de77aa01 --resolve", meaning: "mended" },
  ],
  run: (invocation, terminal) => withNode(invocation, terminal, (ask) => errors(ask, invocation, terminal)),
};

async function errors(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const [fingerprint] = invocation.arguments;
  const decisions = (Object.keys(DECISIONS) as Decision[]).filter((name) => invocation.switches.has(name));
  const [decision] = decisions;
  if (decisions.length > 1) throw new UsageError(`--${decisions.join(" and --")} exclude each other`, "errors");
  if (decision !== undefined) {
    if (fingerprint === undefined) throw new UsageError(`--${decision} needs ERROR`, "errors");
    const row = await ask("errors.decide", { fingerprint, state: DECISIONS[decision] });
    terminal.out(invocation.json ? JSON.stringify(row) : `${fingerprint} is ${row.state}.`);
  } else if (fingerprint !== undefined) {
    const details = await ask("errors.show", { fingerprint });
    terminal.out(invocation.json ? JSON.stringify(details) : renderError(details, terminal));
  } else await list(ask, invocation, terminal);
  return EXIT.ok;
}

async function list(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<void> {
  const filter = given(invocation, ["state", "limit", "after"]);
  showListing(await ask("errors.list", filter), invocation, terminal, {
    command: `errors${filter.state === undefined ? "" : ` --state ${filter.state}`}`,
    none: `No ${filter.state ?? "open"} errors.`,
    render: (rows) => renderErrors(rows, terminal),
  });
}

function renderErrors(rows: readonly ErrorRow[], terminal: Terminal): string {
  const { style } = terminal;
  const now = Date.now();
  return fitTable(
    terminal,
    ["error", "times", "last", "what"],
    rows.map(({ fingerprint, count: times, lastAtMs, title, regressions }) => [
      style.bold(fingerprint),
      count(times),
      ago(lastAtMs, now),
      regressions > 0 ? `came back: ${title}` : title,
    ]),
  );
}

function renderError(error: ErrorDetails, terminal: Terminal): string {
  const { style } = terminal;
  const known: (readonly [string, string])[] = [
    ["state", error.state === "open" ? style.red("open") : error.state],
    ["times", count(error.count)],
    ["first", `${moment(error.firstAtMs)} ${style.dim(`code ${error.firstVersion}`)}`],
    ["last", `${moment(error.lastAtMs)} ${style.dim(`code ${error.lastVersion}`)}`],
    ["where", error.where],
  ];
  if (error.regressions > 0)
    known.push(["regression", `came back ${plural(error.regressions, "time")} after it was resolved`]);
  if (error.messageId !== null) {
    known.push([
      "message",
      `${error.messageId} ${style.dim(`key ${error.key ?? ""}`)}  ${style.cyan(`godwit trace ${error.messageId}`)}`,
    ]);
  }
  if (error.body) known.push(["body", error.body.text]);
  const stack = error.stack === null ? "" : `\n\n${style.red(error.stack)}`;
  return `${style.bold(error.title)}\n${facts(terminal, known)}${stack}`;
}
