/**
 * Static pages: HTML entries bundled once at start by Bun's bundler, in a process of its own so that its memory is given back,
 * then served from memory by the gateway. No user code runs: the bundler only reads.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError } from "../../core/index.ts";
import { BUNDLER_ENV } from "../own-command.ts";

/** URL path → absolute path of its HTML file. */
export type PageEntries = Readonly<Record<string, string>>;

interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Files with a content hash in their name never change. */
  readonly immutable: boolean;
}

export interface Pages {
  /** The response for this request, or undefined when no page lies there. */
  respond(method: string, pathname: string): Response | undefined;
}

/** Scripts and styles of pages lie below it. */
export const ASSET_PATH = "/_pages";

/**
 * Bundles `entries` into `folder` (emptied first). Their scripts and styles are served below `assetPath`.
 * @throws ConfigError with the bundler's own words when a page does not build.
 */
export async function buildPages(entries: PageEntries, folder: string, assetPath: string = ASSET_PATH): Promise<Pages> {
  const files = new Map<string, StaticFile>();
  await rm(folder, { recursive: true, force: true });
  await Promise.all(
    Object.entries(entries).map(([path, html], index) =>
      buildPage(files, { path, html }, join(folder, String(index)), `${assetPath}/${index}`),
    ),
  );
  return { respond: (method, pathname) => respond(files, method, pathname) };
}

async function buildPage(
  files: Map<string, StaticFile>,
  { path, html }: { readonly path: string; readonly html: string },
  outdir: string,
  assetPath: string,
): Promise<void> {
  await mkdir(outdir, { recursive: true });
  await runBundler(html, outdir, `${assetPath}/`);
  for (const name of await readdir(outdir)) {
    const file = Bun.file(join(outdir, name));
    const isEntry = name === basename(html);
    files.set(isEntry ? path : `${assetPath}/${name}`, {
      body: new Uint8Array(await file.arrayBuffer()),
      type: file.type,
      immutable: !isEntry,
    });
  }
}

async function runBundler(html: string, outdir: string, publicPath: string): Promise<void> {
  const bundler = Bun.spawn(
    [
      process.execPath,
      "build",
      html,
      `--outdir=${outdir}`,
      `--public-path=${publicPath}`,
      "--minify",
      "--target=browser",
    ],
    { stdout: "ignore", stderr: "pipe", env: { ...process.env, ...BUNDLER_ENV, NODE_ENV: "production" } },
  );
  const errors = await new Response(bundler.stderr).text();
  if ((await bundler.exited) !== 0) throw new ConfigError(`page ${html} does not build:\n${errors.trim()}`);
}

function respond(files: ReadonlyMap<string, StaticFile>, method: string, pathname: string): Response | undefined {
  const file = files.get(pathname);
  if (!file || (method !== "GET" && method !== "HEAD")) return undefined;
  const headers = {
    "content-type": file.type,
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
  };
  return new Response(method === "HEAD" ? null : file.body, { headers });
}
