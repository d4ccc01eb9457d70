/** What the gateway is told of the app that this worker has loaded. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { App, AppManifest } from "../../app/index.ts";
import { manifestOf } from "../../channels/index.ts";
import { toManifest } from "../../connectors/index.ts";

export function appManifest(app: App, appPath: string, codeVersion: string): AppManifest {
  const folder = dirname(appPath);
  return {
    name: app.name,
    codeVersion,
    actors: app.actors.map((actor) => actor.name),
    channels: manifestOf(app.channels, app.socket),
    connectors: app.connectors.map(toManifest),
    pages: Object.fromEntries(Object.entries(app.pages).map(([path, file]) => [path, resolve(folder, file)])),
    hasRoutes: app.http !== undefined,
    inspect: app.inspect,
    tryThis: app.tryThis,
  };
}

/** Which code this is: `GODWIT_CODE_VERSION` (a commit, say), else a short hash of the app file's text. */
export function codeVersionOf(appPath: string): string {
  const given = process.env.GODWIT_CODE_VERSION;
  return given || createHash("sha256").update(readFileSync(appPath)).digest("hex").slice(0, 12);
}
