/** Tells when files of a project change: what an editor saves, not what packages, tools and the node itself write. */
import { watch } from "node:fs";
import { resolve, sep } from "node:path";
import type { Clock, Timer } from "../core/index.ts";

/** An editor writes a file in several steps; what comes within this is one save. */
const SETTLE_MS = 10;
const IGNORED: ReadonlySet<string> = new Set(["node_modules", "dist", "test-artifacts"]);

/** Calls `onChange` after each save below `folder`, but for hidden files, packages and `except` (a data folder). */
export function watchFiles(folder: string, except: string, clock: Clock, onChange: () => void): Disposable {
  let settling: Timer | undefined;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || isIgnored(folder, name, except)) return;
    settling?.cancel();
    settling = clock.after(SETTLE_MS, onChange);
  });
  return {
    [Symbol.dispose]: () => {
      settling?.cancel();
      watcher.close();
    },
  };
}

function isIgnored(folder: string, name: string, except: string): boolean {
  const parts = name.split(sep);
  if (parts.some((part) => part.startsWith(".") || part.endsWith("~") || IGNORED.has(part))) return true;
  const path = resolve(folder, name);
  return path === except || path.startsWith(except + sep);
}
