/** Commands that ask the node that runs on a data folder: the option they share, the asking, and how lists are shown. */
import { systemClock } from "../core/index.ts";
import type { Listing, QueryName, QueryResults } from "../inspect/index.ts";
import type { CommandOption, Invocation } from "./command.ts";
import { SETTING_OPTIONS } from "./config/options.ts";
import { SETTINGS } from "./config/settings.ts";
import { padEnd, visibleWidth } from "./style.ts";
import { renderTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** `--data`: which node is asked. */
export const NODE_OPTIONS: readonly CommandOption[] = SETTING_OPTIONS.filter(({ name }) => name === "data");

/** Options of every list. */
export const PAGE_OPTIONS: readonly CommandOption[] = [
  { name: "limit", placeholder: "COUNT", description: "Rows at most, up to 500.", defaultText: "50" },
  { name: "after", placeholder: "POSITION", description: "Go on where an earlier answer ended." },
];

export type Ask = <Name extends QueryName>(name: Name, params?: object) => Promise<QueryResults[Name]>;

/** The folder of the node that is meant. @throws InvalidInputError. */
export function dataFolderOf({ values }: Pick<Invocation, "values">, env: Terminal["env"]): string {
  const { parse, defaultText, variable } = SETTINGS.dataFolder;
  if (values.data !== undefined) return parse(values.data, "--data");
  return env[variable] ? parse(env[variable], variable) : parse(defaultText(), "--data");
}

/** Runs `work` with a way to ask the node. @throws GodwitError `node_not_running`, or the code with which the node refuses. */
export async function withNode<T>(
  invocation: Invocation,
  terminal: Terminal,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { connectControl } = await import("../node/index.ts");
  const client = await connectControl(dataFolderOf(invocation, terminal.env), systemClock);
  try {
    return await work(((name, params = {}) => client.call(name, params)) as Ask);
  } finally {
    client.close();
  }
}

/** The given ones of these options, as parameters of a query. */
export function given(invocation: Invocation, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = invocation.values[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** A table whose last column is cut to the terminal's width; `--json` has it whole. */
export function fitTable(terminal: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = head.length - 1;
  const taken = head.slice(0, last).reduce((sum, cell, column) => {
    return sum + 2 + Math.max(visibleWidth(cell), ...rows.map((row) => visibleWidth(row[column] ?? "")));
  }, 0);
  const room = Math.max(16, terminal.width - taken);
  const cut = rows.map((row) => [...row.slice(0, last), cutTo(row[last] ?? "", room)]);
  return renderTable(terminal.style, head, cut);
}

/** A plain text of at most `width` columns. */
export function cutTo(text: string, width: number): string {
  return visibleWidth(text) <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Facts below each other: a dim name, a value. */
export function facts(terminal: Terminal, entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => visibleWidth(name)));
  return entries.map(([name, value]) => `${terminal.style.dim(padEnd(name, width))}  ${value}`).join("\n");
}

/** The listing as JSON with the next call to make, or as `render` shows it, with the same below. */
export function showListing<Row>(
  listing: Listing<Row>,
  invocation: Invocation,
  terminal: Terminal,
  shown: { readonly command: string; readonly none: string; readonly render: (rows: readonly Row[]) => string },
): void {
  const call = listing.next === null ? null : `godwit ${shown.command} --after ${listing.next}`;
  if (invocation.json)
    return terminal.out(JSON.stringify({ rows: listing.rows, truncated: call !== null, next: call }));
  if (listing.rows.length === 0) return terminal.out(terminal.style.dim(shown.none));
  terminal.out(shown.render(listing.rows));
  if (call !== null) terminal.out(`\n${terminal.style.dim("more:")} ${terminal.style.cyan(call)}`);
}
