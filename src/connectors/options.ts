import { ConfigError, describe } from "../core/index.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** This process's environment; empty where a runtime has none. */
export function processEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}

/**
 * How a connector's settings are found: the option, then the variable `GODWIT_<NAME>_<WORD>`, NAME being the
 * connector's, in capitals and with `_` for `-`: `GODWIT_TELEGRAM_TOKEN`, and for a second bot called `night-desk`,
 * `GODWIT_NIGHT_DESK_TOKEN`.
 */
export class Settings {
  readonly #connector: string;
  readonly #environment: Environment;

  constructor(connector: string, environment: Environment) {
    this.#connector = connector;
    this.#environment = environment;
  }

  optional(given: string | undefined, word: string): string | undefined {
    return given ?? (this.#environment[this.variable(word)] || undefined);
  }

  /** @throws ConfigError that names the option and the variable. Never shows a value. */
  required(given: string | undefined, option: string, word: string): string {
    const value = this.optional(given, word);
    if (value) return value;
    const variable = this.variable(word);
    throw new ConfigError(
      `${this.#connector}: ${option} is missing; set the option or the environment variable ${variable}`,
    );
  }

  variable(word: string): string {
    return `GODWIT_${this.#connector.toUpperCase().replaceAll("-", "_")}_${word}`;
  }
}

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/** @throws ConfigError unless the name can stand in a path, a key and a table. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new ConfigError(
    `connector name: expected a lower-case letter, then letters, digits, - or _ (63 at most), received ${describe(name)}`,
  );
}

/** An absolute http(s) URL without its trailing slash. @throws ConfigError */
export function checkUrl(url: string, option: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, "");
  throw new ConfigError(`${option}: expected an http:// or https:// address, received ${describe(url)}`);
}
