import { describe, expect, test } from "bun:test";
import path from "node:path";
import { Glob } from "bun";
import { GENERATED_PARTS, renewPart } from "../scripts/document.ts";
import { EXIT } from "../src/cli/command.ts";
import { isTest } from "./floors/rules.ts";

const ROOT = path.join(import.meta.dir, "..");

async function readAll(pattern: string): Promise<ReadonlyMap<string, string>> {
  const paths = (await Array.fromAsync(new Glob(pattern).scan(ROOT))).sort();
  return new Map(await Promise.all(paths.map(async (file) => [file, await read(file)] as const)));
}

function read(file: string): Promise<string> {
  return Bun.file(path.join(ROOT, file)).text();
}

describe("what is generated from the code", () => {
  test.each(GENERATED_PARTS.map((part) => [part.name, part] as const))(
    "%s is up to date in its document (`npm run generate`)",
    async (_name, part) => {
      const text = await read(part.file);
      expect(text).toBe(renewPart(text, part));
    },
  );

  test("is refused for a document without its markers", () => {
    expect(() => renewPart("# Events\n", { file: "docs/x.md", name: "x", render: () => "" })).toThrow(
      "<!-- generated: x -->",
    );
  });
});

/** Codes given to the base class, and by its subclasses to `super`. */
const CODE = /(?:new GodwitError|super)\(\s*"([a-z][a-z0-9_]*)"/g;

function readCodes(source: string): readonly string[] {
  return [...source.matchAll(CODE)].map((match) => match[1] as string);
}

describe("docs/errors.md", () => {
  test("has a line for each error code in the source, and none that the source does not know", async () => {
    const sources = [...(await readAll("src/**/*.{ts,tsx}"))].filter(([file]) => !isTest(file)).map(([, text]) => text);
    const documented = [...(await read("docs/errors.md")).matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(
      (match) => match[1] as string,
    );
    const thrown = new Set(sources.flatMap(readCodes));
    expect(thrown.size).toBeGreaterThan(5);
    expect([...thrown].filter((code) => !documented.includes(code))).toEqual([]);
    expect(documented.filter((code) => !sources.some((text) => text.includes(`"${code}"`)))).toEqual([]);
    expect(documented).toEqual([...new Set(documented)]);
  });

  test("is checked against codes in every form that the source writes them", () => {
    expect(
      readCodes('throw new GodwitError("bad_frame", "x"); super("busy", `y`); new GodwitError(\n  "late",'),
    ).toEqual(["bad_frame", "busy", "late"]);
  });
});

describe("docs/reference/cli.md", () => {
  test("tells the meaning of each exit code, and of no other", async () => {
    const documented = [...(await read("docs/reference/cli.md")).matchAll(/^\| (\d+) \|/gm)].map(([, code]) =>
      Number(code),
    );
    expect(documented).toEqual([...Object.values(EXIT)].sort((a, b) => a - b));
  });
});

describe("the first app shown in a document", () => {
  test.each([
    ["README.md", "readme-app.ts"],
    ["docs/reference/actors.md", "actors-app.ts"],
    ["docs/recipes/own-system.md", "own-system-app.ts"],
    ["docs/recipes/call-an-api.md", "call-an-api-app.ts"],
    ["docs/recipes/migrate-state.md", "migrate-state-app.ts"],
    ["docs/recipes/poison-message.md", "poison-message-app.ts"],
  ])("%s: is the file that is type-checked with the examples (test/docs/fixtures/%s)", async (document, fixture) => {
    const [, shown] = /^```ts\n(.*?)^```/ms.exec(await read(document)) ?? [];
    expect(shown).toBe(await read(`test/docs/fixtures/${fixture}`));
  });
});

describe("links in the documents", () => {
  test("lead to files that are there", async () => {
    const documents = new Map([...(await readAll("*.md")), ...(await readAll("docs/**/*.md"))]);
    const broken: string[] = [];
    for (const [file, text] of documents) {
      for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)) {
        const resolved = path.join(path.dirname(file), target as string);
        const folderOrFile =
          (await Bun.file(path.join(ROOT, resolved)).exists()) ||
          new Glob(`${resolved.replace(/\/$/, "")}/*`).scanSync(ROOT).next().value;
        if (!folderOrFile) broken.push(`${file}: ${target}`);
      }
    }
    expect(documents.size).toBeGreaterThan(2);
    expect(broken).toEqual([]);
  });
});
