/** The floors of ARCHITECTURE.md as rules over a set of files. Pure: paths and texts in, violations out. */
import path from "node:path/posix";
import { type Import, readImports, usesBunGlobal } from "./imports.ts";

/** Floor of each folder of src/. A file imports from its own folder, or through the door of one on a strictly lower floor. */
export const FLOORS: Readonly<Record<string, number>> = {
  core: 1,
  supervision: 2,
  wire: 2,
  store: 3,
  pubsub: 3,
  stages: 3,
  log: 4,
  lanes: 4,
  actors: 5,
  channels: 5,
  connectors: 6,
  jobs: 6,
  app: 7,
  adapters: 7,
  node: 8,
  cli: 9,
  console: 9,
  edge: 9,
};

/** Folders that may know the runtime: import `bun:` and `node:`, and use `Bun`. */
const RUNTIME_FOLDERS: readonly string[] = ["adapters", "node", "cli", "console", "testing"];

/** Contract suites and the test kit: may import anything; nothing but a test imports them. */
const TESTING = "testing";

export interface SourceFile {
  /** From the project's root: `src/core/clock.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  /** `src/core/clock.ts:12`. */
  readonly at: string;
  readonly problem: string;
}

export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file);
}

/** Every breach of the floors in these files. Tests may import anything and are passed over. */
export function findViolations(files: readonly SourceFile[]): readonly Violation[] {
  const production = files.filter((file) => !isTest(file.path));
  return [...production.flatMap(checkFile), ...findCycles(production)];
}

function checkFile(file: SourceFile): readonly Violation[] {
  const unit = unitOf(file.path);
  const violations = readImports(file.text).flatMap((found) => {
    const problem = checkImport(file.path, unit, found);
    return problem === undefined ? [] : [{ at: `${file.path}:${found.line}`, problem }];
  });
  if (unit.floor === undefined)
    violations.push({
      at: file.path,
      problem: `the folder ${unit.name} has no floor: add it to ARCHITECTURE.md and to the rules`,
    });
  if (!mayKnowRuntime(unit) && usesBunGlobal(file.text))
    violations.push({ at: file.path, problem: "uses the Bun global outside of the adapters' floor and above" });
  return violations;
}

/** Undefined when the import is allowed, else what is wrong with it. */
function checkImport(from: string, unit: Unit, { specifier }: Import): string | undefined {
  if (/^(?:bun$|bun:|node:)/.test(specifier)) {
    return mayKnowRuntime(unit)
      ? undefined
      : `imports ${specifier}: the runtime belongs to ${RUNTIME_FOLDERS.join(", ")}`;
  }
  if (/^godwit(?:\/|$)/.test(specifier)) return `imports ${specifier}: inside of src/ by its relative path`;
  if (!specifier.startsWith(".")) return undefined;
  if (!/\.(?:tsx?|json|css|html)$/.test(specifier))
    return `imports ${specifier}: relative imports end with the file's extension`;
  return checkRelative(unit, path.join(path.dirname(from), specifier));
}

function checkRelative(unit: Unit, target: string): string | undefined {
  if (!target.startsWith("src/"))
    return target === "package.json" && mayKnowRuntime(unit) ? undefined : `imports ${target}: outside of src/`;
  const other = unitOf(target);
  if (other.name === unit.name) return undefined;
  if (unit.name === TESTING) return undefined;
  if (other.name === TESTING) return `imports ${target}: only tests may`;
  if (target !== other.door) return `imports ${target}: the only door of that folder is ${other.door}`;
  if (other.floor === undefined) return `imports ${target}: the folder ${other.name} has no floor`;
  if (other.floor >= (unit.floor ?? 0))
    return `imports ${target} (floor ${other.floor}) from floor ${unit.floor}: only downwards`;
  return undefined;
}

/** A folder with one door: a folder of src/, one adapter, or the package's own face (src/index.ts), which stands above all. */
interface Unit {
  readonly name: string;
  readonly floor: number | undefined;
  readonly door: string;
}

function unitOf(file: string): Unit {
  const [, folder = "", adapter] = file.split("/");
  if (folder.endsWith(".ts")) return { name: "src", floor: Number.POSITIVE_INFINITY, door: "src/index.ts" };
  const name = folder === "adapters" && adapter !== undefined ? `adapters/${adapter}` : folder;
  const floor = folder === TESTING ? Number.POSITIVE_INFINITY : FLOORS[folder];
  return { name, floor, door: `src/${name}/index.ts` };
}

function mayKnowRuntime(unit: Unit): boolean {
  return RUNTIME_FOLDERS.includes(unit.name.split("/")[0] as string);
}

/** Cycles among files, type imports included: each is reported once, at its alphabetically first file. */
function findCycles(files: readonly SourceFile[]): readonly Violation[] {
  const edges = new Map(files.map((file) => [file.path, relativeTargets(file)]));
  const state = new Map<string, "open" | "done">();
  const violations: Violation[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      violations.push(describeCycle([...trail.slice(trail.indexOf(file))]));
      return;
    }
    state.set(file, "open");
    for (const target of edges.get(file) ?? []) visit(target, [...trail, file]);
    state.set(file, "done");
  };
  for (const file of [...edges.keys()].sort()) visit(file, []);
  return violations;
}

function relativeTargets(file: SourceFile): readonly string[] {
  const relative = readImports(file.text).filter(({ specifier }) => specifier.startsWith("."));
  return relative.map(({ specifier }) => path.join(path.dirname(file.path), specifier));
}

function describeCycle(cycle: readonly string[]): Violation {
  return { at: cycle[0] as string, problem: `import cycle: ${[...cycle, cycle[0]].join(" → ")}` };
}
