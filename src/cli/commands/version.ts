import { type Command, EXIT } from "../command.ts";
import { VERSION } from "../version.ts";

/** `godwit version`: what runs, and on what. */
export const versionCommand: Command = {
  name: "version",
  summary: "Print the version of Godwit and of what it runs on",
  arguments: [],
  options: [],
  examples: [],
  async run({ json }, terminal) {
    const { platform, arch } = process;
    if (json) terminal.out(JSON.stringify({ godwit: VERSION, bun: Bun.version, platform, arch }));
    else terminal.out(`godwit ${VERSION} ${terminal.style.dim(`(Bun ${Bun.version}, ${platform} ${arch})`)}`);
    return EXIT.ok;
  },
};
