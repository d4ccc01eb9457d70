/** Decodes a command line against a command's data. */
import { parseArgs } from "node:util";
import { COMMON_OPTIONS, type Command, type CommandOption, type Invocation } from "./command.ts";
import { nearest } from "./nearest.ts";

/** The command line itself is wrong; `help` names the screen that says what is right. */
export class UsageError extends Error {
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = "UsageError";
    this.command = command;
  }
}

/** @throws UsageError for an unknown option, a missing or surplus value, a missing or surplus argument. */
export function parseInvocation(command: Command, argv: readonly string[]): Invocation {
  const options = [...command.options, ...COMMON_OPTIONS];
  const tokens = readTokens(options, argv);
  const given: string[] = [];
  const values: Record<string, string> = {};
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") given.push(token.value);
    if (token.kind !== "option") continue;
    const option = options.find(({ name }) => name === token.name) ?? unknownOption(command, options, token.rawName);
    // `--port --host x`: the next option is not this one's value. `--port=--x` is meant.
    const swallowed = token.inlineValue === false && token.value.startsWith("--");
    const value = decodeValue(command, option, token.rawName, swallowed ? undefined : token.value);
    if (value === undefined) switches.add(option.name);
    else values[option.name] = value;
  }
  if (!switches.has("help")) checkArguments(command, given);
  return { arguments: given, values, switches, json: switches.has("json") };
}

function readTokens(options: readonly CommandOption[], argv: readonly string[]) {
  const known = options.map(({ name, short, placeholder }) => [
    name,
    { type: placeholder === undefined ? "boolean" : "string", ...(short !== undefined && { short }) } as const,
  ]);
  // Not strict: its own messages do not say which option was probably meant.
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(known),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function unknownOption(command: Command, options: readonly CommandOption[], rawName: string): never {
  const meant = nearest(
    rawName,
    options.map(({ name }) => `--${name}`),
  );
  throw new UsageError(
    `there is no option ${rawName}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    command.name,
  );
}

/** The option's value; undefined for a switch. */
function decodeValue(
  command: Command,
  option: CommandOption,
  rawName: string,
  value: string | undefined,
): string | undefined {
  const { placeholder } = option;
  if (placeholder === undefined) {
    if (value !== undefined)
      throw new UsageError(`${rawName} takes no value, received ${JSON.stringify(value)}`, command.name);
    return undefined;
  }
  if (value !== undefined) return value;
  throw new UsageError(`${rawName} needs a value: ${rawName} ${placeholder}`, command.name);
}

function checkArguments(command: Command, given: readonly string[]): void {
  const surplus = given[command.arguments.length];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`, command.name);
  const missing = command.arguments.find(({ required }, index) => required && given[index] === undefined);
  if (missing) throw new UsageError(`${missing.name} is missing: ${missing.description}`, command.name);
}
