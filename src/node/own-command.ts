/**
 * How a node starts processes of its own: by their main file, or, where everything is one executable, by that executable and a variable that
 * says what to be.
 */

/** Set for a process that is to be a part of a node, and no command. */
export const OWN_PROCESS_VARIABLE = "GODWIT_PROCESS";

/** Where Bun keeps the files that an executable holds (`bun build --compile`). */
const EMBEDDED = /^(?:\/\$bunfs\/|B:[\\/]~BUN[\\/])/;

export interface OwnCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The parts of a node that are processes of their own. */
export type OwnProcess = "worker" | "gateway";

/** Starts `kind`, whose main file is at `main`. */
export function ownCommand(kind: OwnProcess, main: string): OwnCommand {
  if (!EMBEDDED.test(import.meta.path)) return { command: [process.execPath, main], env: {} };
  return { command: [process.execPath], env: { [OWN_PROCESS_VARIABLE]: kind } };
}

/** The variables with which this process's program bundles pages: an executable with everything in it is Bun itself when it is told so. */
export const BUNDLER_ENV: Readonly<Record<string, string>> = { BUN_BE_BUN: "1" };
