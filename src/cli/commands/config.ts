import { type Command, EXIT, type Invocation } from "../command.ts";
import { APP_ARGUMENT, givenSettings, SETTING_OPTIONS } from "../config/options.ts";
import {
  misspeltVariables,
  onCommandLine,
  type ResolvedConfig,
  resolveConfig,
  showSetting,
  type ValueSource,
} from "../config/resolve.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "../config/settings.ts";
import { renderTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** `godwit config`: every value in force and where it came from, as `godwit start` with the same arguments would have it. */
export const configCommand: Command = {
  name: "config",
  summary: "Show every setting in force, and where its value came from",
  details:
    "Takes the arguments and options of start. A value comes from its option, else from its variable (also in a file .env), else from its default. Passwords are not shown.",
  arguments: [APP_ARGUMENT],
  options: SETTING_OPTIONS,
  examples: [{ line: "GODWIT_PORT=8080 godwit config", meaning: "port 8080, from GODWIT_PORT" }],
  async run(invocation: Invocation, terminal: Terminal) {
    const resolved = resolveConfig(givenSettings(invocation), terminal.env);
    if (invocation.json) terminal.out(JSON.stringify(toJson(resolved)));
    else terminal.out(toTable(resolved, terminal));
    warnOfMisspeltVariables(terminal);
    return EXIT.ok;
  },
};

/** A variable with a typing error would be passed over in silence otherwise. */
export function warnOfMisspeltVariables(terminal: Terminal): void {
  for (const [found, meant] of misspeltVariables(terminal.env)) {
    terminal.err(`${terminal.style.yellow("warning:")} ${found} is no setting; did you mean ${meant}?`);
  }
}

function toTable({ config, sources }: ResolvedConfig, { style }: Terminal): string {
  const rows = SETTING_NAMES.map((name) => {
    const source = sources[name];
    const value = showSetting(config, name);
    return [
      name,
      source.kind === "default" ? value : style.bold(value),
      showSource(source),
      style.dim(waysToSet(name)),
    ];
  });
  return renderTable(style, ["setting", "value", "from", "set by"], rows);
}

function waysToSet(name: SettingName): string {
  return [onCommandLine(name), SETTINGS[name].variable].filter((way) => way !== undefined).join(", ");
}

function showSource(source: ValueSource): string {
  return source.kind === "default" ? "default" : source.name;
}

function toJson({ config, sources }: ResolvedConfig): unknown {
  const settings = SETTING_NAMES.map((name) => {
    // Numbers as they are; texts as people see them, since the logs of scripts must not hold a password either.
    const value = typeof config[name] === "number" ? config[name] : showSetting(config, name);
    return {
      name,
      value,
      from: sources[name],
      commandLine: onCommandLine(name) ?? null,
      variable: SETTINGS[name].variable,
    };
  });
  return { settings };
}
