/** Loads the user's app file, and tells its author in his own terms when that fails. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type App, isApp } from "../../app/index.ts";
import { describe, toError } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import type { LoadFailure } from "../link-protocol.ts";

/**
 * Imports the app file at `path` (absolute) and returns what it exports as default.
 * @throws AppLoadError with file and line where the runtime knows them.
 */
export async function loadApp(path: string): Promise<App> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (thrown) {
    throw new AppLoadError(describeLoadFailure(thrown), thrown);
  }
  if (isApp(module.default)) return module.default;
  throw new AppLoadError({
    file: path,
    message: `expected \`export default defineApp({ … })\`, found ${describe(module.default)} as default export`,
  });
}

interface CompileMessage {
  readonly message: string;
  readonly position: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

function describeLoadFailure(thrown: unknown): LoadFailure {
  const first = thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown;
  if (isCompileMessage(first)) {
    const { message, position } = first;
    return position ? { message, ...pick(position) } : { message };
  }
  const error = toError(first);
  const stack = error.stack ?? "";
  return { message: `${error.name}: ${error.message}`, stack, ...placeInStack(stack) };
}

function isCompileMessage(thrown: unknown): thrown is CompileMessage {
  const name = (thrown as { name?: unknown } | null)?.name;
  return name === "BuildMessage" || name === "ResolveMessage";
}

function pick(position: NonNullable<CompileMessage["position"]>) {
  const { file, line, column, lineText } = position;
  return { file, line, column, lineText };
}

const STACK_PLACE = /\(?(?:file:\/\/)?(\/[^():]+):(\d+):(\d+)\)?\s*$/;

/** Godwit's own sources: where it refuses an option is not where its user went wrong. */
const OWN_FOLDER = join(import.meta.dir, "../..");

/** The topmost place in a stack that lies in the user's own files. */
function placeInStack(stack: string): Pick<LoadFailure, "file" | "line" | "column"> {
  for (const line of stack.split("\n")) {
    const match = STACK_PLACE.exec(line);
    if (match && !line.includes("/node_modules/") && !line.includes(`${OWN_FOLDER}/`)) {
      return { file: match[1] as string, line: Number(match[2]), column: Number(match[3]) };
    }
  }
  return {};
}
