/** `npm run generate`: brings what is derived from the code up to date: `exports` of package.json, tables in docs/. */
import path from "node:path";
import { GENERATED_PARTS, writePart } from "./document.ts";
import { writeExports } from "./exports.ts";

const ROOT = path.join(import.meta.dir, "..");

await writeExports(ROOT);
for (const part of GENERATED_PARTS) await writePart(ROOT, part);
