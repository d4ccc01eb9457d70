/** The entry of `godwit`: runs one command and ends with its exit code. */
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

process.exit(await runCli(COMMANDS, process.argv.slice(2), processTerminal()));
