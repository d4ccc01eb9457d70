/** One executable with everything in it: an app file alone beside it starts, serves its page, and is deployed anew. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../node/node-process.ts";

const ROOT = join(import.meta.dir, "../..");
const APP = `import { actor, defineApp } from "godwit";
const noted = actor("noted", { receive(message: unknown) {} });
export default defineApp({
  name: "alone",
  actors: [noted],
  http: { fetch: async () => new Response("one") },
  pages: { "/": "./page.html" },
});
`;

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  const { scripts } = (await Bun.file(join(ROOT, "package.json")).json()) as { scripts: { compile: string } };
  const build = scripts.compile
    .replace("node bin/run-bun.mjs", process.execPath)
    .replace("dist/godwit", join(folder, "godwit"));
  const built = Bun.spawn(build.split(" "), { cwd: ROOT, stdout: "ignore", stderr: "inherit" });
  expect(await built.exited).toBe(0);
  await Bun.write(join(folder, "app.ts"), APP);
  await Bun.write(
    join(folder, "page.html"),
    "<!doctype html><title>alone</title><script type=module>document.title</script>",
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the executable runs an app without an installation, workers, pages and deploys included", async () => {
  const run = (...args: readonly string[]) =>
    Bun.spawn([join(folder, "godwit"), ...args, "--data", join(folder, "data"), "--json"], {
      cwd: folder,
      stdout: "pipe",
      stderr: "ignore",
    });
  const node = run("start", "app.ts", "--port", "0");
  const output = node.stdout.getReader();
  const first = new TextDecoder().decode((await output.read()).value);
  const { url } = JSON.parse(first.split("\n", 1)[0] as string) as { url: string };
  expect(await (await fetch(`${url}/x`)).text()).toBe("one");
  expect(await (await fetch(url)).text()).toContain("<title>alone</title>");
  await Bun.write(join(folder, "app.ts"), APP.replace('"one"', '"two"'));
  const deploy = run("deploy", "--health", "0ms");
  expect(await deploy.exited).toBe(0);
  expect(await (await fetch(`${url}/x`)).text()).toBe("two");
  node.kill("SIGTERM");
  expect(await node.exited).toBe(0);
});
