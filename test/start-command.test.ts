/** `godwit start` as a process: what it says and how it ends, for a good app and for bad input. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { createProject } from "../src/cli/new-project.ts";

const MAIN = path.join(import.meta.dir, "../src/cli/main.ts");
// Installed as npm installs a folder, so that an app finds the package by its own name.
const scratch = await realpath(await mkdtemp(path.join(tmpdir(), "godwit-start-")));
await mkdir(path.join(scratch, "node_modules"));
await symlink(path.join(import.meta.dir, ".."), path.join(scratch, "node_modules/godwit"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const GOOD_APP =
  'import { defineApp } from "godwit";\nexport default defineApp({ name: "good", tryThis: ["open {url}"] });\n';

async function appFile(name: string, text: string): Promise<string> {
  const file = path.join(scratch, name);
  await Bun.write(file, text);
  return file;
}

function dataFolder(app: string): string {
  return path.join(scratch, `data-${path.basename(app, ".ts")}`);
}

/** `godwit start APP` on a free port and a data folder of its own. */
function commandLine(app: string, options: readonly string[]): string[] {
  return [process.execPath, MAIN, "start", app, "--port", "0", "--data", dataFolder(app), ...options];
}

/** A start that is expected to end by itself. */
async function runStart(app: string, ...options: readonly string[]) {
  const env = { ...process.env, NO_COLOR: "1" };
  const child = Bun.spawn(commandLine(app, options), { stdout: "pipe", stderr: "pipe", env });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, stdout, stderr };
}

/** The first line of a running process' output. The rest is left unread. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] as string;
}

/** A start that is expected to become ready. */
function startReady(app: string) {
  const child = Bun.spawn(commandLine(app, ["--json"]), { stdout: "pipe", stderr: "inherit" });
  return { child, ready: firstLine(child.stdout).then((line) => JSON.parse(line) as { url: string; pid: number }) };
}

describe("godwit start", () => {
  test("says where it listens, and ends with 0 on SIGTERM", async () => {
    const app = await appFile("good.ts", GOOD_APP);
    const { child, ready } = startReady(app);
    expect(await ready).toMatchObject({
      event: "ready",
      app: "good",
      data: dataFolder(app),
      workers: 1,
      pid: child.pid,
    });
    expect((await fetch((await ready).url)).status).toBe(404);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("ends with one clear line when its port is in use", async () => {
    await using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const { code, stdout, stderr } = await runStart(await appFile("port.ts", GOOD_APP), "--port", String(taken.port));
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `godwit: port ${taken.port} is in use on 127.0.0.1; choose another with --port\n`,
    });
  });

  test("ends with one clear line when its data folder cannot be written", async () => {
    const file = await appFile("a-file", "");
    const { code, stdout, stderr } = await runStart(
      await appFile("folder.ts", GOOD_APP),
      "--data",
      path.join(file, "data"),
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^godwit: data folder .* cannot be written: .*; choose another with --data\n$/);
  });

  test("ends with one clear line when another node holds its data folder", async () => {
    const app = await appFile("twice.ts", GOOD_APP);
    const first = startReady(app);
    await first.ready;
    const { code, stdout, stderr } = await runStart(app);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^godwit: [^\n]*\n$/);
    expect(stderr).toContain(dataFolder(app));
    first.child.kill("SIGTERM");
    expect(await first.child.exited).toBe(0);
  });
});

describe("a project made by godwit new", () => {
  test("runs, and goes on counting after kill -9", async () => {
    const { folder } = await createProject(path.join(scratch, "harbour"));
    const visit = async ({ ready }: ReturnType<typeof startReady>) => (await fetch(`${(await ready).url}/ada`)).json();
    const first = startReady(path.join(folder, "app.ts"));
    expect(await visit(first)).toEqual({ guest: "ada", visits: 1 });
    first.child.kill("SIGKILL");
    await first.child.exited;
    const second = startReady(path.join(folder, "app.ts"));
    expect(await visit(second)).toEqual({ guest: "ada", visits: 2 });
    second.child.kill("SIGTERM");
    expect(await second.child.exited).toBe(0);
  });
});

describe("an app file that fails to load ends the start with 1, its place, and no half-started node", () => {
  const broken: readonly (readonly [what: string, file: string, text: string, place: RegExp, detail: string])[] = [
    ["does not parse", "syntax.ts", "export default {\n  name: ;\n", /syntax\.ts:2:\d+/, "›"],
    ["throws", "throws.ts", 'const a = 1;\n\nthrow new Error("no settings");\n', /throws\.ts:3:\d+/, "no settings"],
    ["imports what is not there", "imports.ts", 'import "./nowhere.ts";\n', /imports\.ts(?::1:\d+)?/, "nowhere.ts"],
    [
      "exports no app",
      "no-app.ts",
      "export default { actors: [] };\n",
      /no-app\.ts/,
      "export default defineApp({ … })",
    ],
    [
      "gives defineApp a wrong option",
      "option.ts",
      'import { defineApp } from "godwit";\nexport default defineApp({ actor: [] } as never);\n',
      /option\.ts:2:\d+/,
      "defineApp.actor",
    ],
  ];

  test.each(broken)("%s", async (_what, file, text, place, detail) => {
    const { code, stdout, stderr } = await runStart(await appFile(file, text));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(place);
    expect(stderr).toContain(detail);
  });

  test("and once corrected it starts on the same data folder", async () => {
    const app = await appFile("corrected.ts", "throw 1;\n");
    expect(await runStart(app)).toMatchObject({ code: 1 });
    await Bun.write(app, GOOD_APP);
    const { child, ready } = startReady(app);
    expect(await ready).toMatchObject({ app: "good" });
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("is not there", async () => {
    const { code, stderr } = await runStart(path.join(scratch, "nothing.ts"));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `godwit: there is no app file ${path.join(scratch, "nothing.ts")}; name it: godwit start path/to/app.ts\n`,
    });
  });
});
