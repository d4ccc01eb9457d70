import type { Command } from "./command.ts";
import { configCommand } from "./commands/config.ts";
import { deployCommand } from "./commands/deploy.ts";
import { newCommand } from "./commands/new.ts";
import { startCommand } from "./commands/start.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command, in the order of the overview. */
export const COMMANDS: readonly Command[] = [newCommand, startCommand, deployCommand, configCommand, versionCommand];
