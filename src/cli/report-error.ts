/** Tells a person, or a script, why a command failed. What a person can put right is one line; the unforeseen shows its stack. */
import { relative } from "node:path";
import { GodwitError, InvalidInputError, toError } from "../core/index.ts";
import { renderCodeFrame } from "./code-frame.ts";
import { EXIT, type ExitCode } from "./command.ts";
import { UsageError } from "./parse.ts";
import type { Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Where an app file is at fault, as far as it is known. Counted from 1. */
interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Writes the failure to stderr: lines, or `{"error": {"code", "message"}}` with `--json`. Returns the exit code. */
export async function reportError(thrown: unknown, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const error = toError(thrown);
  const place = readPlace(error);
  if (json) {
    const { message } = error;
    terminal.err(JSON.stringify({ error: { code: codeOf(error), message, ...place } }));
  } else {
    terminal.err(`${terminal.style.red("godwit:")} ${error.message}`);
    for (const line of await renderDetails(error, place, terminal.style)) terminal.err(line);
  }
  return error instanceof UsageError || error instanceof InvalidInputError ? EXIT.usage : EXIT.failed;
}

function codeOf(error: Error): string {
  if (error instanceof GodwitError) return error.code;
  return error instanceof UsageError ? "usage" : "internal";
}

async function renderDetails(error: Error, place: SourcePlace | undefined, style: Style): Promise<readonly string[]> {
  if (error instanceof UsageError) {
    const screen = error.command === undefined ? "godwit help" : `godwit ${error.command} --help`;
    return [style.dim(`run \`${screen}\` to see what there is`)];
  }
  if (place) return renderPlace(place, style);
  if (error instanceof GodwitError) return [];
  return [style.dim(error.stack ?? ""), "This is a defect in Godwit: please report it with the lines above."];
}

async function renderPlace({ file, line, column = 1 }: SourcePlace, style: Style): Promise<readonly string[]> {
  const shown = relative(process.cwd(), file) || file;
  if (line === undefined) return [`  in ${style.cyan(shown)}`];
  const source = await Bun.file(file)
    .text()
    .catch(() => "");
  return [`  at ${style.cyan(`${shown}:${line}:${column}`)}`, ...renderCodeFrame(source, line, column, style)];
}

/** An app file that fails to load says where, in its field `failure`. */
function readPlace(error: Error): SourcePlace | undefined {
  const { file, line, column } = (error as { failure?: Partial<SourcePlace> }).failure ?? {};
  if (file === undefined) return undefined;
  return { file, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}
