/** Makes a new project from the template. Writes into a folder that is new or empty, and nowhere else. */
import { mkdir, readdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { ConfigError, InvalidInputError } from "../core/index.ts";
import { VERSION } from "./version.ts";

const TEMPLATE_FOLDER = join(import.meta.dir, "template");
const PACKAGE_FOLDER = resolve(import.meta.dir, "../..");

/** Template file → where it goes. Other names inside the template: npm would act on the real ones. */
const FILES: Readonly<Record<string, string>> = {
  "app.ts": "app.ts",
  "package.template.json": "package.json",
  "tsconfig.template.json": "tsconfig.json",
  gitignore: ".gitignore",
  "readme.md": "README.md",
};

export interface NewProject {
  /** Absolute. */
  readonly folder: string;
  /** What was written, relative to the folder. */
  readonly files: readonly string[];
}

/**
 * Creates the project in `path`; its name is the folder's.
 * @throws InvalidInputError when that is no name for a package; ConfigError when the folder holds something, or cannot be written.
 */
export async function createProject(path: string): Promise<NewProject> {
  const folder = resolve(path);
  const name = basename(folder);
  if (!/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) {
    throw new InvalidInputError("NAME", "lower-case letters, digits, `.`, `_` and `-`", name);
  }
  await openEmptyFolder(folder);
  const files = Object.entries(FILES);
  for (const [source, target] of files) {
    const text = await Bun.file(join(TEMPLATE_FOLDER, source)).text();
    await Bun.write(
      join(folder, target),
      text.replaceAll("APP_NAME", name).replaceAll("GODWIT_VERSION", dependencyOn(folder)),
    );
  }
  return { folder, files: files.map(([, target]) => target) };
}

async function openEmptyFolder(folder: string): Promise<void> {
  const entries = await mkdir(folder, { recursive: true })
    .then(() => readdir(folder))
    .catch((cause: Error) => {
      throw new ConfigError(`${folder} cannot be created: ${cause.message}`, cause);
    });
  if (entries.length > 0) throw new ConfigError(`${folder} is not empty; nothing was written`);
}

/** The version to depend on; from a source checkout that checkout itself, since its version may not have been published. */
function dependencyOn(folder: string): string {
  const isInstalled = PACKAGE_FOLDER.split(sep).includes("node_modules");
  return isInstalled ? `^${VERSION}` : `file:${relative(folder, PACKAGE_FOLDER)}`;
}
