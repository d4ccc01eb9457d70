/** Documents with a part that is generated from the code, between two markers; what stands around it is written by people. */
import path from "node:path";
import { EVENT_DESCRIPTIONS } from "../src/core/index.ts";

export interface GeneratedPart {
  /** From the project's root: `docs/events.md`. */
  readonly file: string;
  /** Names the markers `<!-- generated: NAME -->` … `<!-- end of NAME -->`. */
  readonly name: string;
  render(): string;
}

export const GENERATED_PARTS: readonly GeneratedPart[] = [
  { file: "docs/events.md", name: "events", render: renderEvents },
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
