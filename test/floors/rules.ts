/** The floors of ARCHITECTURE.md as rules over a set of files. Pure: paths and texts in, violations out. */
import path from "node:path/posix";
import { type Import, readImports, usesBunGlobal } from "./imports.ts";

/** Floor of each folder of src/, by its name. */
export type Floors = Readonly<Record<string, number>>;

/**
 * Reads the floors from the drawing in ARCHITECTURE.md, so that picture and rule are one: in its first code block a line opens with the
 * floor's number, or continues the floor above; every word that ends in `/` is a folder.
 */
export function readFloors(architecture: string): Floors {
  const drawing = /^```\n(.*?)^```/ms.exec(architecture)?.[1] ?? "";
  const floors: Record<string, number> = {};
  let floor = Number.NaN;
  for (const line of drawing.split("\n")) {
    floor = Number(/^ *(\d+) /.exec(line)?.[1] ?? floor);
    for (const [, folder] of line.matchAll(/([a-z-]+)\//g)) floors[folder as string] = floor;
  }
  return floors;
}

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

/** Tests, and what only tests share (`…-fixture.ts`, outside of the test kit). */
export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || (/-fixture\.tsx?$/.test(file) && !file.startsWith(`src/${TESTING}/`));
}

/** Every breach of the floors in these files. Tests may import anything and are passed over. */
export function findViolations(files: readonly SourceFile[], floors: Floors): readonly Violation[] {
  const production = files.filter((file) => !isTest(file.path));
  return [...production.flatMap((file) => checkFile(file, floors)), ...findCycles(production)];
}

function checkFile(file: SourceFile, floors: Floors): readonly Violation[] {
  const unit = unitOf(file.path, floors);
  const violations = readImports(file.text).flatMap((found) => {
    const problem = checkImport(file.path, unit, found, floors);
    return problem === undefined ? [] : [{ at: `${file.path}:${found.line}`, problem }];
  });
  if (unit.floor === undefined)
    violations.push({
      at: file.path,
      problem: `the folder ${unit.name} has no floor: draw it in ARCHITECTURE.md`,
    });
  if (!mayKnowRuntime(unit) && usesBunGlobal(file.text))
    violations.push({ at: file.path, problem: "uses the Bun global outside of the adapters' floor and above" });
  return violations;
}

/** Undefined when the import is allowed, else what is wrong with it. */
function checkImport(from: string, unit: Unit, { specifier }: Import, floors: Floors): string | undefined {
  if (/^(?:bun$|bun:|node:)/.test(specifier)) {
    return mayKnowRuntime(unit)
      ? undefined
      : `imports ${specifier}: the runtime belongs to ${RUNTIME_FOLDERS.join(", ")}`;
  }
  if (/^godwit(?:\/|$)/.test(specifier)) return `imports ${specifier}: inside of src/ by its relative path`;
  if (!specifier.startsWith(".")) return undefined;
  if (!/\.(?:tsx?|json|css|html)$/.test(specifier))
    return `imports ${specifier}: relative imports end with the file's extension`;
  return checkRelative(unit, path.join(path.dirname(from), specifier), floors);
}

function checkRelative(unit: Unit, target: string, floors: Floors): string | undefined {
  if (!target.startsWith("src/"))
    return target === "package.json" && mayKnowRuntime(unit) ? undefined : `imports ${target}: outside of src/`;
  if (isTest(target)) return `imports ${target}: only tests may`;
  const other = unitOf(target, floors);
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

function unitOf(file: string, floors: Floors): Unit {
  const [, folder = "", adapter] = file.split("/");
  if (folder.endsWith(".ts")) return { name: "src", floor: Number.POSITIVE_INFINITY, door: "src/index.ts" };
  const name = folder === "adapters" && adapter !== undefined ? `adapters/${adapter}` : folder;
  const floor = folder === TESTING ? Number.POSITIVE_INFINITY : floors[folder];
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
