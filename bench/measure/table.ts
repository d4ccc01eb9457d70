/** Figures as a Markdown table, ready for bench/README.md, and as JSON lines for programs. */

export type Figure = string | number;
export type Row = Readonly<Record<string, Figure>>;

/** Prints `rows` under the columns of the first one. */
export function printTable(title: string, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => show(row[column])));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  console.log(`\n${title}\n`);
  console.log(line(columns));
  console.log(`|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  for (const texts of cells) console.log(line(texts));
}

/** One measurement, as soon as it is there: a line of JSON on stderr, so that a long run can be watched and kept. */
export function note(name: string, figures: object): void {
  console.error(JSON.stringify({ bench: name, ...figures }));
}

export function kilo(value: number): string {
  return `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} k`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

export function ratio(value: number, to: number): string {
  return `${(value / to).toFixed(2)}×`;
}

function show(figure: Figure | undefined): string {
  if (typeof figure !== "number") return figure ?? "";
  return Math.abs(figure) >= 100 ? figure.toFixed(0) : figure.toFixed(2);
}
