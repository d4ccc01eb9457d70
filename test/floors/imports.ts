/** Reads what a TypeScript file imports, types included, without running it. */

export interface Import {
  /** As written: `../core/index.ts`, `node:fs`, `hono`. */
  readonly specifier: string;
  readonly line: number;
}

/** One import clause after the keyword: `type`, a default name, `{ … }` or `* as x`, in the orders that the grammar has. */
const CLAUSE = String.raw`(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?`;
const STATIC = new RegExp(String.raw`^[ \t]*(?:import|export)\s+(?:${CLAUSE}\s*from\s*)?["']([^"'\n]+)["']`, "gm");
/** `import("x")`, as a call and as a type. */
const DYNAMIC = /\bimport\(\s*["'`]([^"'`\n]+)["'`]/g;

/**
 * The imports of a source text in the order of their lines. Static ones are found at the start of a line, where the formatter puts them.
 * A comment line that begins with `import` is one too: a false alarm that its author can reword.
 */
export function readImports(source: string): readonly Import[] {
  const found = [...source.matchAll(STATIC), ...source.matchAll(DYNAMIC)];
  return found
    .map((match) => ({ specifier: match[1] as string, line: source.slice(0, match.index).split("\n").length }))
    .sort((a, b) => a.line - b.line);
}

const typescript = new Bun.Transpiler({ loader: "tsx" });

/** What a real parser finds: everything but type imports. `readImports` must have found all of it. */
export function scanRuntimeImports(source: string): readonly string[] {
  return typescript.scanImports(source).map((found) => found.path);
}

/** Does the code (not a comment) use the runtime's `Bun` object? */
export function usesBunGlobal(source: string): boolean {
  return /(?<![\w$.])Bun\s*[.[]/.test(typescript.transformSync(source));
}
