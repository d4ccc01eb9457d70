import { expect, test } from "bun:test";
import path from "node:path";
import manifest from "../package.json";
import { findExports } from "../scripts/exports.ts";

const ROOT = path.join(import.meta.dir, "..");

test("package.json exports exactly the doors of src/ (`npm run generate` brings it up to date)", async () => {
  const exported: Readonly<Record<string, string>> = manifest.exports;
  expect(exported).toMatchObject({ "./core": "./src/core/index.ts" });
  expect(exported).toEqual(await findExports(ROOT));
});

test("what is packed holds every exported file and what starts it", () => {
  for (const file of [...Object.values(manifest.exports), manifest.bin.godwit]) {
    const packed = manifest.files.some((entry) => file.replace(/^\.\//, "").startsWith(entry));
    expect(packed || file === "./package.json", file).toBe(true);
  }
});

test("each door can be imported by its subpath", async () => {
  for (const subpath of Object.keys(manifest.exports)) {
    if (subpath === "./package.json") continue;
    expect(await import(path.posix.join("godwit", subpath)), subpath).toBeObject();
  }
});
