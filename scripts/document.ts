/** Documents with a part that is generated from the code, between two markers; what stands around it is written by people. */
import path from "node:path";
import { COMMON_OPTIONS, type Command, type CommandOption } from "../src/cli/command.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { defaultOf } from "../src/cli/config/options.ts";
import { onCommandLine } from "../src/cli/config/resolve.ts";
import { SETTING_NAMES, SETTINGS } from "../src/cli/config/settings.ts";
import { usageOf } from "../src/cli/help.ts";
import { EVENT_DESCRIPTIONS } from "../src/core/index.ts";
import { QUERIES } from "../src/inspect/index.ts";
import { METRICS } from "../src/telemetry/index.ts";

export interface GeneratedPart {
  /** From the project's root: `docs/events.md`. */
  readonly file: string;
  /** Names the markers `<!-- generated: NAME -->` … `<!-- end of NAME -->`. */
  readonly name: string;
  render(): string;
}

export const GENERATED_PARTS: readonly GeneratedPart[] = [
  { file: "docs/events.md", name: "events", render: renderEvents },
  { file: "docs/reference/configuration.md", name: "settings", render: renderSettings },
  { file: "docs/reference/cli.md", name: "commands", render: renderCommands },
  { file: "docs/reference/http-api.md", name: "queries", render: renderQueries },
  { file: "docs/operate/metrics.md", name: "metrics", render: renderMetrics },
];

/** The document's text with its generated part renewed. @throws Error when the markers are missing. */
export function renewPart(text: string, part: GeneratedPart): string {
  const begin = `<!-- generated: ${part.name} -->`;
  const end = `<!-- end of ${part.name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${part.file}: expected the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${part.render()}\n\n${text.slice(to)}`;
}

export async function writePart(root: string, part: GeneratedPart): Promise<void> {
  const file = path.join(root, part.file);
  await Bun.write(file, renewPart(await Bun.file(file).text(), part));
}

/** A Markdown table. Cells may hold anything but line breaks. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function renderEvents(): string {
  const rows = Object.entries(EVENT_DESCRIPTIONS).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return renderTable(["event", "what happened"], rows);
}

function renderSettings(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { flag, placeholder, variable, description, defaultMeaning } = SETTINGS[name];
    const way = onCommandLine(name);
    const given = way === undefined ? "" : flag === undefined ? `\`${way}\`` : `\`${way} ${placeholder}\``;
    const value = defaultMeaning === undefined ? `\`${defaultOf(name)}\`` : defaultMeaning;
    return [given, `\`${variable}\``, value, description];
  });
  return renderTable(["on the command line", "variable", "default", "what it sets"], rows);
}

function renderQueries(): string {
  const rows = Object.values(QUERIES).map(({ method, path, optional, summary }) => {
    return [`\`${method} /api${path}\``, optional.map((name) => `\`${name}\``).join(" "), summary];
  });
  return renderTable(["request", "parameters", "what it answers"], rows);
}

function renderMetrics(): string {
  const rows = Object.values(METRICS).map(({ name, type, labels, help }) => {
    return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(" "), help];
  });
  return renderTable(["metric", "type", "labels", "what it is"], rows);
}

function renderCommands(): string {
  return COMMANDS.map(renderCommand).join("\n\n");
}

function renderCommand(command: Command): string {
  const options = [...command.options, ...COMMON_OPTIONS].map((option) => `\`${renderFlag(option)}\``);
  const examples = command.examples.map(({ line, meaning }) => `${line}  # ${meaning}`);
  return [
    `### godwit ${usageOf(command)}`,
    "",
    `${command.summary}.${command.details === undefined ? "" : ` ${command.details}`}`,
    "",
    `Options: ${options.join(", ")}.`,
    ...(examples.length > 0 ? ["", "```sh", ...examples, "```"] : []),
  ].join("\n");
}

function renderFlag({ name, placeholder }: CommandOption): string {
  return `--${name}${placeholder === undefined ? "" : ` ${placeholder}`}`;
}
