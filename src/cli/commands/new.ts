import { relative } from "node:path";
import { type Command, EXIT } from "../command.ts";
import { createProject } from "../new-project.ts";

/** `godwit new NAME`: a small project that works. */
export const newCommand: Command = {
  name: "new",
  summary: "Create a project: a small app that works",
  details:
    "Writes an app, package.json, tsconfig.json, .gitignore and README.md into a new or empty folder. Never overwrites anything.",
  arguments: [{ name: "NAME", description: "Folder to create; its last part is the project's name.", required: true }],
  options: [],
  examples: [{ line: "godwit new harbour", meaning: "then: cd harbour && npm install && npm start" }],
  async run({ arguments: [name = ""], json }, terminal) {
    const { folder, files } = await createProject(name);
    if (json) {
      terminal.out(JSON.stringify({ folder, files }));
      return EXIT.ok;
    }
    const { style } = terminal;
    const shown = relative(process.cwd(), folder) || ".";
    terminal.out(`Created ${style.bold(shown)} ${style.dim(`(${files.join(", ")})`)}`);
    terminal.out("");
    for (const step of [`cd ${shown}`, "npm install", "npm start"]) terminal.out(`  ${style.cyan(step)}`);
    return EXIT.ok;
  },
};
