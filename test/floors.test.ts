import { describe, expect, test } from "bun:test";
import path from "node:path";
import { Glob } from "bun";
import { readImports, scanRuntimeImports, usesBunGlobal } from "./floors/imports.ts";
import { findViolations, isTest, readFloors, type SourceFile } from "./floors/rules.ts";

const ROOT = path.join(import.meta.dir, "..");
const MOST_LINES = 500;
/** What the parser adds for JSX by itself; tsconfig.json names the real one. */
const JSX_RUNTIMES: readonly string[] = ["react", "react/jsx-runtime", "react/jsx-dev-runtime"];

async function readSources(): Promise<readonly SourceFile[]> {
  const paths = await Array.fromAsync(new Glob("src/**/*.{ts,tsx}").scan(ROOT));
  const kept = paths.map((found) => found.replaceAll("\\", "/")).filter((found) => !found.includes("/template/"));
  return Promise.all(
    kept.sort().map(async (found) => ({ path: found, text: await Bun.file(path.join(ROOT, found)).text() })),
  );
}

const sources = await readSources();
const floors = readFloors(await Bun.file(path.join(ROOT, "ARCHITECTURE.md")).text());

describe("the source tree", () => {
  test("imports only downwards, through doors, without cycles", () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(findViolations(sources, floors)).toEqual([]);
  });

  test(`has no file of more than ${MOST_LINES} lines`, () => {
    const long = sources.filter((file) => file.text.split("\n").length - 1 > MOST_LINES);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  test("has its floors drawn in ARCHITECTURE.md", () => {
    expect(floors).toMatchObject({ core: 1, wire: 2, store: 3, log: 4, actors: 5, adapters: 7, node: 8, cli: 9 });
  });

  test("hides no import from the reader: a real parser finds nothing more", () => {
    const hidden = sources
      .filter((file) => !isTest(file.path))
      .flatMap((file) => {
        const read = new Set(readImports(file.text).map(({ specifier }) => specifier));
        return scanRuntimeImports(file.text)
          .filter((specifier) => !read.has(specifier) && !JSX_RUNTIMES.includes(specifier))
          .map((specifier) => `${file.path}: ${specifier}`);
      });
    expect(hidden).toEqual([]);
  });
});

function problems(...files: readonly (readonly [path: string, text: string])[]): readonly string[] {
  return findViolations(
    files.map(([file, text]) => ({ path: file, text })),
    floors,
  ).map(({ at, problem }) => `${at} ${problem}`);
}

describe("the guard itself", () => {
  test.each([
    ["an upward import", "src/core/a.ts", 'import { b } from "../store/index.ts";', "only downwards"],
    ["an upward type import", "src/core/a.ts", 'import type { B } from "../store/index.ts";', "only downwards"],
    ["an inline type import", "src/core/a.ts", 'let x: import("../store/index.ts").B;', "only downwards"],
    ["a dynamic import", "src/core/a.ts", 'await import("../store/index.ts");', "only downwards"],
    ["a re-export", "src/core/index.ts", 'export type { B } from "../store/index.ts";', "only downwards"],
    ["a star re-export", "src/core/index.ts", 'export * as b from "../store/index.ts";', "only downwards"],
    ["a bare import", "src/core/a.ts", 'import "../store/index.ts";', "only downwards"],
    [
      "a clause over several lines",
      "src/core/a.ts",
      'import {\n  a,\n  type B,\n} from "../store/index.ts";',
      "only downwards",
    ],
    ["a sideways import", "src/log/a.ts", 'import { b } from "../lanes/index.ts";', "only downwards"],
    [
      "a sideways import between adapters",
      "src/adapters/redis/a.ts",
      'import { b } from "../sqlite/index.ts";',
      "only downwards",
    ],
    ["a file behind a door", "src/log/a.ts", 'import { b } from "../core/clock.ts";', "the only door"],
    [
      "an adapter's file behind its door",
      "src/node/a.ts",
      'import { b } from "../adapters/sqlite/store.ts";',
      "src/adapters/sqlite/index.ts",
    ],
    ["the test kit in production", "src/node/a.ts", 'import { b } from "../testing/index.ts";', "only tests may"],
    [
      "node: below the adapters",
      "src/log/a.ts",
      'import { readFile } from "node:fs/promises";',
      "the runtime belongs to",
    ],
    ["bun: below the adapters", "src/log/a.ts", 'import { Database } from "bun:sqlite";', "the runtime belongs to"],
    ["the module bun below the adapters", "src/log/a.ts", 'import { SQL } from "bun";', "the runtime belongs to"],
    [
      "the Bun global below the adapters",
      "src/log/a.ts",
      "export const now = (): number => Bun.nanoseconds();",
      "the Bun global",
    ],
    ["the package's own name", "src/cli/a.ts", 'import { actor } from "godwit";', "by its relative path"],
    ["an import without extension", "src/log/a.ts", 'import { b } from "./b";', "end with the file's extension"],
    ["an import from outside of src", "src/cli/a.ts", 'import { b } from "../../test/b.ts";', "outside of src/"],
    [
      "an import from a folder without a floor",
      "src/core/a.ts",
      'import { b } from "../utils/index.ts";',
      "has no floor",
    ],
    ["a folder without a floor", "src/utils/a.ts", "export const a = 1;", "has no floor"],
  ])("reports %s", (_what, file, text, problem) => {
    expect(problems([file, text])).toEqual([expect.stringContaining(problem)]);
  });

  test("reports a cycle among files once, type imports included", () => {
    const found = problems(
      ["src/core/a.ts", 'import { b } from "./b.ts";'],
      ["src/core/b.ts", 'import { c } from "./c.ts";'],
      ["src/core/c.ts", 'import type { A } from "./a.ts";'],
    );
    expect(found).toEqual([
      "src/core/a.ts import cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts",
    ]);
  });

  test("names the line", () => {
    expect(problems(["src/core/a.ts", '\n\nimport { b } from "../store/index.ts";\n'])[0]).toStartWith(
      "src/core/a.ts:3 ",
    );
  });

  test("lets pass what the floors allow", () => {
    const allowed = problems(
      [
        "src/lanes/a.ts",
        'import { b } from "../core/index.ts";\nimport type { C } from "../store/index.ts";\nimport { d } from "./d.ts";',
      ],
      ["src/lanes/d.ts", "// Bun.serve would be a breach if it were not a comment\nexport const d = 1;"],
      ["src/adapters/sqlite/a.ts", 'import { Database } from "bun:sqlite";\nimport { b } from "../../store/index.ts";'],
      ["src/node/a.ts", 'import { b } from "../adapters/sqlite/index.ts";\nimport { join } from "node:path";'],
      ["src/testing/a.ts", 'import { b } from "../node/index.ts";\nimport { c } from "../core/clock.ts";'],
      ["src/core/a.test.ts", 'import { b } from "../store/port.ts";\nimport { test } from "bun:test";'],
      ["src/index.ts", 'export { actor } from "./actors/index.ts";'],
      ["src/log/e.ts", 'import { Hono } from "hono";'],
    );
    expect(allowed).toEqual([]);
  });

  test("tells the Bun global from words like it", () => {
    expect(usesBunGlobal("const a = Bun.version;")).toBe(true);
    expect(usesBunGlobal("/** Bun.SQL */ const a = this.Bun.x + MyBun.y;")).toBe(false);
  });
});
