/** Which doors the package opens: one subpath of `exports` for each folder of src/ that has an index.ts, and for each adapter. */
import path from "node:path";
import { Glob } from "bun";

export type Exports = Readonly<Record<string, string>>;

const DOORS: readonly Glob[] = ["index.ts", "*/index.ts", "adapters/*/index.ts"].map((pattern) => new Glob(pattern));

/** What `exports` in package.json must be, by the folders under `root`/src. */
export async function findExports(root: string): Promise<Exports> {
  const src = path.join(root, "src");
  const found = await Promise.all(DOORS.map((glob) => Array.fromAsync(glob.scan(src))));
  const doors = found.flat().map((file) => file.replaceAll("\\", "/"));
  const entries = doors.sort().map((file) => [toSubpath(file), `./src/${file}`]);
  return { ...Object.fromEntries(entries), "./package.json": "./package.json" };
}

/** `index.ts` → `.`, `adapters/sqlite/index.ts` → `./adapters/sqlite`. */
function toSubpath(door: string): string {
  const folder = path.posix.dirname(door);
  return folder === "." ? "." : `./${folder}`;
}

/** Rewrites `exports` in package.json, leaving the rest as it is. */
export async function writeExports(root: string): Promise<void> {
  const file = path.join(root, "package.json");
  const manifest: object = await Bun.file(file).json();
  await Bun.write(file, `${JSON.stringify({ ...manifest, exports: await findExports(root) }, null, 2)}\n`);
}
