/** Help screens, made from the commands' data. */
import { COMMON_OPTIONS, type Command, type CommandOption } from "./command.ts";
import { padEnd, visibleWidth } from "./style.ts";
import { alignColumns, wrapText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const INDENT = "  ";
/** Lines longer than this tire the eye, however wide the screen. */
const MOST_COLUMNS = 100;

export function renderOverview(commands: readonly Command[], terminal: Terminal): string {
  const { style } = terminal;
  const rows = commands.map((command) => [style.cyan(usageOf(command)), command.summary]);
  return [
    `${style.bold("godwit")} runs a backend for messages that must not be lost.`,
    "",
    `${style.bold("Usage")}  godwit COMMAND [options]`,
    "",
    style.bold("Commands"),
    ...alignColumns(rows).map((line) => INDENT + line),
    "",
    `${style.dim("Every command:")} ${style.cyan("godwit COMMAND --help")}${style.dim(", and ")}${style.cyan("--json")}${style.dim(" for scripts.")}`,
  ].join("\n");
}

export function renderCommandHelp(command: Command, terminal: Terminal): string {
  const { style } = terminal;
  const own = command.options.map((option) => describeOption(option, terminal));
  const common = COMMON_OPTIONS.map((option) => describeOption(option, terminal));
  const args = command.arguments.map(
    ({ name, description, defaultText }) =>
      [style.cyan(name), withDefault(description, defaultText, terminal)] as const,
  );
  return [
    `${style.bold(`godwit ${command.name}`)}: ${command.summary}`,
    ...(command.details === undefined ? [] : ["", ...wrapText(command.details, columns(terminal))]),
    "",
    `${style.bold("Usage")}  godwit ${usageOf(command)} [options]`,
    "",
    style.bold(args.length > 0 ? "Arguments and options" : "Options"),
    ...definitionList([...args, ...own, ...common], terminal),
    ...renderVariables(command.options, terminal),
    ...renderExamples(command, terminal),
  ].join("\n");
}

function renderExamples(command: Command, { style }: Terminal): readonly string[] {
  if (command.examples.length === 0) return [];
  const rows = command.examples.map(({ line, meaning }) => [style.cyan(line), style.dim(meaning)]);
  return ["", style.bold("Examples"), ...alignColumns(rows).map((line) => INDENT + line)];
}

/** `start [APP]`. */
export function usageOf(command: Command): string {
  const args = command.arguments.map(({ name, required }) => (required ? name : `[${name}]`));
  return [command.name, ...args].join(" ");
}

function describeOption(option: CommandOption, terminal: Terminal): readonly [string, string] {
  const { name, short, placeholder, description, defaultText } = option;
  const flag = `${short === undefined ? "" : `-${short}, `}--${name}${placeholder === undefined ? "" : ` ${placeholder}`}`;
  return [terminal.style.cyan(flag), withDefault(description, defaultText, terminal)];
}

function withDefault(text: string, defaultText: string | undefined, { style }: Terminal): string {
  return defaultText === undefined ? text : `${text} ${style.dim(`(default ${defaultText})`)}`;
}

/** Said once for all: at each option it would hide the options. */
function renderVariables(options: readonly CommandOption[], terminal: Terminal): readonly string[] {
  const example = options.find(({ variable }) => variable !== undefined);
  if (!example) return [];
  const text = `Each can be set by a variable too: ${example.variable} for --${example.name}, and so on; godwit config shows all.`;
  return ["", ...wrapText(text, columns(terminal)).map(terminal.style.dim)];
}

/** Terms at the left, their texts wrapped at the right. */
function definitionList(
  entries: readonly (readonly [term: string, text: string])[],
  terminal: Terminal,
): readonly string[] {
  const termWidth = Math.max(...entries.map(([term]) => visibleWidth(term)));
  const textWidth = Math.max(24, columns(terminal) - termWidth - 2 * INDENT.length);
  return entries.flatMap(([term, text]) => {
    const [first, ...more] = wrapText(text, textWidth);
    const hanging = " ".repeat(termWidth);
    return [`${padEnd(term, termWidth)}${INDENT}${first}`, ...more.map((line) => `${hanging}${INDENT}${line}`)].map(
      (line) => INDENT + line,
    );
  });
}

function columns(terminal: Terminal): number {
  return Math.min(MOST_COLUMNS, terminal.width);
}
