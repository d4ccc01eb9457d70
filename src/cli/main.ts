/** The entry of `godwit`: runs one command and ends with its exit code. One executable is also every process of its node: GODWIT_PROCESS says which. */
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

const own = process.env.GODWIT_PROCESS;
if (own) {
  const { runOwnProcess } = await import("../node/index.ts");
  await runOwnProcess(own);
} else process.exit(await runCli(COMMANDS, process.argv.slice(2), processTerminal()));
