/** Tables for people: aligned columns, no frames, so that a line can be copied. */
import { padEnd, type Style, visibleWidth } from "./style.ts";

const GAP = "  ";

/** Rows under a dim head; the last column is not padded. Cells may be styled. */
export function renderTable(style: Style, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head.map((cell) => style.dim(cell)), ...rows];
  return alignColumns(lines).join("\n");
}

/** Each row as one line, its columns below each other. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell));
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : padEnd(cell, widths[column] as number),
    );
    return cells.join(GAP).trimEnd();
  });
}

/** Breaks a text at spaces into lines of at most `width` columns. A longer word stands alone. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && visibleWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
