/** The source lines around a place, with a mark below the column: what a person looks for first after an error. */
import type { Style } from "./style.ts";

const LINES_AROUND = 2;

/** `line` and `column` count from 1. Empty when the source has no such line. */
export function renderCodeFrame(source: string, line: number, column: number, style: Style): readonly string[] {
  const lines = source.split("\n");
  if (line < 1 || line > lines.length) return [];
  const from = Math.max(1, line - LINES_AROUND);
  const to = Math.min(lines.length, line + LINES_AROUND);
  const width = String(to).length;
  return lines.slice(from - 1, to).flatMap((text, index) => {
    const number = from + index;
    const gutter = `${String(number).padStart(width)} │ `;
    if (number !== line) return [style.dim(`  ${gutter}${text}`)];
    // Tabs before the column stay tabs, so that the mark stands below its place.
    const blank = text.slice(0, Math.max(0, column - 1)).replace(/[^\t]/g, " ");
    return [
      `${style.red("›")} ${style.dim(gutter)}${text}`,
      `  ${" ".repeat(width)} ${style.dim("│")} ${blank}${style.red("^")}`,
    ];
  });
}
