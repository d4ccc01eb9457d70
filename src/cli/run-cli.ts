/** From a command line to an exit code. Pure but for the terminal and what the command does. */
import { type Command, EXIT } from "./command.ts";
import { renderCommandHelp, renderOverview } from "./help.ts";
import { nearest } from "./nearest.ts";
import { parseInvocation, UsageError } from "./parse.ts";
import { reportError } from "./report-error.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line. Never throws: every failure is reported, and is an exit code. */
export async function runCli(
  commands: readonly Command[],
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    return await dispatch(commands, argv, terminal);
  } catch (thrown) {
    return reportError(thrown, argv.includes("--json"), terminal);
  }
}

async function dispatch(commands: readonly Command[], argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === "--help" || first === "-h")
    return show(renderOverview(commands, terminal), terminal);
  if (first === "--version" || first === "-v") return dispatch(commands, ["version", ...rest], terminal);
  if (first === "help") return showHelp(commands, rest[0], terminal);
  const command = findCommand(commands, first);
  const invocation = parseInvocation(command, rest);
  if (invocation.switches.has("help")) return show(renderCommandHelp(command, terminal), terminal);
  return command.run(invocation, terminal);
}

function showHelp(commands: readonly Command[], name: string | undefined, terminal: Terminal): number {
  if (name === undefined) return show(renderOverview(commands, terminal), terminal);
  return show(renderCommandHelp(findCommand(commands, name), terminal), terminal);
}

function show(text: string, terminal: Terminal): number {
  terminal.out(text);
  return EXIT.ok;
}

function findCommand(commands: readonly Command[], name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const names = commands.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const what = name.startsWith("-") ? "option" : "command";
  throw new UsageError(`there is no ${what} ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}
