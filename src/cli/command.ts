/** What a command is: data, from which parsing, help screens and the reference are made, and one function. */
import type { Terminal } from "./terminal.ts";

/** Exit codes, the same for every command. docs/reference/cli.md tells them. */
export const EXIT = {
  ok: 0,
  /** The command could not do what it was asked; stderr says why. */
  failed: 1,
  /** What was given is wrong: the command line, or the value of a setting. Nothing was done. */
  usage: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CommandOption {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly placeholder?: string;
  readonly description: string;
  /** For help: what holds when the option is not given. */
  readonly defaultText?: string;
  /** The variable that gives the value when the option does not. */
  readonly variable?: string;
}

export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly defaultText?: string;
}

export interface Example {
  readonly line: string;
  readonly meaning: string;
}

export interface Command {
  readonly name: string;
  /** One line, in the imperative, without a full stop. */
  readonly summary: string;
  /** More to know, below the summary. */
  readonly details?: string;
  readonly arguments: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  readonly examples: readonly Example[];
  /** Throws a `GodwitError` for what a person can put right; its message is shown as one line. */
  run(invocation: Invocation, terminal: Terminal): Promise<number>;
}

/** A command line, decoded. */
export interface Invocation {
  /** In the order of the command's arguments; only as many as were given. */
  readonly arguments: readonly string[];
  /** Values of options, by name. */
  readonly values: Readonly<Record<string, string>>;
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
  /** Write results as JSON, one value (or one a line), to stdout, and errors as JSON to stderr. */
  readonly json: boolean;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  { name: "json", description: "Write JSON, for scripts." },
  { name: "help", short: "h", description: "Show this help." },
];
