/** Puts a node's configuration together, and remembers where each value came from. */
import type { NodeConfig } from "../../node/index.ts";
import { nearest } from "../nearest.ts";
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from "./settings.ts";

/** Values given on the command line, as text, by the setting's name. */
export type GivenSettings = Readonly<Partial<Record<SettingName, string>>>;

export type ValueSource =
  | { readonly kind: "flag"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "default" };

export interface ResolvedConfig {
  readonly config: NodeConfig;
  readonly sources: Readonly<Record<SettingName, ValueSource>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration in force: flags, then `GODWIT_*` variables (an empty one counts as not set), then defaults.
 * @throws InvalidInputError (`invalid_input`) naming the flag or the variable whose value is wrong.
 */
export function resolveConfig(given: GivenSettings, env: Environment): ResolvedConfig {
  const sources = Object.fromEntries(SETTING_NAMES.map((name) => [name, findSource(name, given, env)]));
  const values = SETTING_NAMES.map((name) => [name, readValue(name, given, env)] as const);
  return {
    config: Object.fromEntries(values) as unknown as NodeConfig,
    sources: sources as ResolvedConfig["sources"],
  };
}

/** How a setting is given on the command line: `--port`, or `APP` for an argument; undefined where only its variable sets it. */
export function onCommandLine(name: SettingName): string | undefined {
  const { flag, isArgument, placeholder } = SETTINGS[name];
  if (flag !== undefined) return `--${flag}`;
  return isArgument ? placeholder : undefined;
}

function findSource(name: SettingName, given: GivenSettings, env: Environment): ValueSource {
  const { variable } = SETTINGS[name];
  if (given[name] !== undefined) return { kind: "flag", name: onCommandLine(name) ?? name };
  return env[variable] ? { kind: "variable", name: variable } : { kind: "default" };
}

function readValue(name: SettingName, given: GivenSettings, env: Environment): NodeConfig[SettingName] {
  const setting: Setting<NodeConfig[SettingName]> = SETTINGS[name] as never;
  const source = findSource(name, given, env);
  if (source.kind === "default") return setting.parse(setting.defaultText(), name);
  return setting.parse((source.kind === "flag" ? given[name] : env[setting.variable]) as string, source.name);
}

/** A value as people see it: passwords hidden, units said. */
export function showSetting(config: NodeConfig, name: SettingName): string {
  const setting: Setting<NodeConfig[SettingName]> = SETTINGS[name] as never;
  return setting.show ? setting.show(config[name]) : String(config[name]);
}

const PREFIX = "GODWIT_";

/** Variables that look like a misspelt setting, each with the one that was probably meant. */
export function misspeltVariables(env: Environment): readonly (readonly [found: string, meant: string])[] {
  const known = SETTING_NAMES.map((name) => SETTINGS[name].variable.slice(PREFIX.length));
  return Object.keys(env)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length))
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      // Compared without the prefix: connectors have variables of their own, such as GODWIT_TELEGRAM_TOKEN.
      const meant = nearest(name, known);
      return meant === undefined ? [] : [[PREFIX + name, PREFIX + meant] as const];
    });
}
