/** The settings as a command's argument and options. */
import type { CommandArgument, CommandOption, Invocation } from "../command.ts";
import type { GivenSettings } from "./resolve.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "./settings.ts";

/** How help writes the default: its meaning where it depends on the machine, else its text. */
export function defaultOf(name: SettingName): string {
  const { defaultMeaning, defaultText } = SETTINGS[name];
  return defaultMeaning ?? defaultText();
}

export const APP_ARGUMENT: CommandArgument = {
  name: SETTINGS.appPath.placeholder,
  description: SETTINGS.appPath.description,
  required: false,
  defaultText: defaultOf("appPath"),
};

/** One option a setting that has a flag. */
export const SETTING_OPTIONS: readonly CommandOption[] = SETTING_NAMES.flatMap((name) => {
  const { flag, placeholder, description, variable } = SETTINGS[name];
  return flag === undefined ? [] : [{ name: flag, placeholder, description, variable, defaultText: defaultOf(name) }];
});

/** What a command line gives of the settings: its first argument is the app file. */
export function givenSettings(invocation: Invocation): GivenSettings {
  const flags = SETTING_NAMES.map((name) => [name, invocation.values[SETTINGS[name].flag ?? ""]] as const);
  const given = [["appPath", invocation.arguments[0]] as const, ...flags.filter(([name]) => name !== "appPath")];
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
