import type { Command } from "./command.ts";
import { actorsCommand } from "./commands/actors.ts";
import { configCommand } from "./commands/config.ts";
import { deadCommand } from "./commands/dead.ts";
import { deployCommand } from "./commands/deploy.ts";
import { devCommand } from "./commands/dev.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { errorsCommand } from "./commands/errors.ts";
import { newCommand } from "./commands/new.ts";
import { psCommand } from "./commands/ps.ts";
import { startCommand } from "./commands/start.ts";
import { topCommand } from "./commands/top.ts";
import { topicsCommand } from "./commands/topics.ts";
import { traceCommand } from "./commands/trace.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command, in the order of the overview. */
export const COMMANDS: readonly Command[] = [
  newCommand,
  devCommand,
  startCommand,
  deployCommand,
  topCommand,
  psCommand,
  actorsCommand,
  deadCommand,
  errorsCommand,
  topicsCommand,
  traceCommand,
  doctorCommand,
  configCommand,
  versionCommand,
];
