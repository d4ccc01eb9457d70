/** A query's parameters, as they come from anywhere: JSON from the control socket, texts from a URL. Decoded here, once. */
import { InvalidInputError } from "../core/index.ts";

/** Rows of a list, unless asked for otherwise. */
const DEFAULT_LIMIT = 50;
/** Rows of a list at most. A row is bounded too (see `preview`), so an answer never passes some hundred kilobytes. */
export const MOST_ROWS = 500;
const MOST_CHARACTERS = 2_000;

export class Params {
  readonly #raw: Readonly<Record<string, unknown>>;

  /** @throws InvalidInputError when it is no object. */
  constructor(raw: unknown) {
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
      throw new InvalidInputError("params", "an object", raw);
    }
    this.#raw = raw as Readonly<Record<string, unknown>>;
  }

  /** @throws InvalidInputError when it is missing, or no text of 1 to 2,000 characters. */
  text(name: string): string {
    const value = this.#raw[name];
    if (typeof value === "string" && value !== "" && value.length <= MOST_CHARACTERS) return value;
    throw new InvalidInputError(name, `a text of 1 to ${MOST_CHARACTERS} characters`, value);
  }

  /** Absent, null and empty are the same: not given. */
  optional(name: string): string | undefined {
    const value = this.#raw[name];
    return value === undefined || value === null || value === "" ? undefined : this.text(name);
  }

  /** One of `choices`, or not given. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.optional(name);
    const found = choices.find((choice) => choice === value);
    if (value === undefined || found !== undefined) return found;
    throw new InvalidInputError(name, `one of ${choices.join(", ")}`, value);
  }

  /** How many rows are wanted: 1 to 500, default 50. */
  get limit(): number {
    const value = this.#raw.limit ?? DEFAULT_LIMIT;
    const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= MOST_ROWS) return count;
    throw new InvalidInputError("limit", `a whole number from 1 to ${MOST_ROWS}`, value);
  }
}
