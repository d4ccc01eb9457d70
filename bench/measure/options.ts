/** `--name VALUE` arguments of a benchmark: each has a default, whose type says how it is read. */
import { parseArgs } from "node:util";

export type Defaults = Readonly<Record<string, string | number | boolean>>;

/** @throws a `TypeError` that names an argument which the benchmark does not have, or that is no number where one is needed. */
export function readOptions<D extends Defaults>(
  args: readonly string[],
  defaults: D,
): { [K in keyof D]: Widened<D[K]> } {
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => [
        name,
        { type: typeof value === "boolean" ? ("boolean" as const) : ("string" as const) },
      ]),
    ),
    allowNegative: true,
  });
  const read = Object.entries(defaults).map(([name, value]) => [name, readOne(name, values[name], value)]);
  return Object.fromEntries(read) as { [K in keyof D]: Widened<D[K]> };
}

type Widened<T> = T extends number ? number : T extends boolean ? boolean : string;

function readOne(name: string, given: unknown, otherwise: string | number | boolean): string | number | boolean {
  if (given === undefined) return otherwise;
  if (typeof otherwise !== "number") return given as string | boolean;
  const number = Number(given);
  if (!Number.isFinite(number)) throw new TypeError(`--${name}: expected a number, received ${String(given)}`);
  return number;
}
