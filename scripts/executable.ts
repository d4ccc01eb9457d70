/**
 * The entry of `npm run compile`: one executable with Bun and all of Godwit in it, which needs neither an installation nor node_modules. An app
 * file beside it finds `godwit` and its doors inside; packages of its own are found as always.
 */
import { plugin } from "bun";
import * as app from "../src/app/index.ts";
import * as connectors from "../src/connectors/index.ts";
import * as core from "../src/core/index.ts";
import * as godwit from "../src/index.ts";

const MODULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  godwit,
  "godwit/app": app,
  "godwit/connectors": connectors,
  "godwit/core": core,
};

plugin({
  name: "godwit",
  setup(build) {
    for (const [name, exports] of Object.entries(MODULES)) build.module(name, () => ({ exports, loader: "object" }));
  },
});

await import("../src/cli/main.ts");
