/** `bin/godwit` on a machine with only Node and npm, whichever way npm has installed Bun. */
import { afterAll, describe, expect, test } from "bun:test";
import { copyFile, link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.join(import.meta.dir, "..");
const scratch = await mkdtemp(path.join(ROOT, "node_modules/.godwit-test-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const PROBE = path.join(scratch, "probe.ts");
await writeFile(
  PROBE,
  `const [what = "", code = "0"] = process.argv.slice(2);
   if (what === "kill") process.kill(process.pid, "SIGKILL");
   if (what === "wait") { process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1_000); console.log("waiting"); }
   else { console.log(what, process.versions.bun !== undefined); process.exit(Number(code)); }`,
);

function runBun(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return Bun.spawn(["node", file, ...args], { env: { ...process.env, ...env }, stdout: "pipe", stderr: "pipe" });
}

function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(stream).text();
}

const RUN_BUN = path.join(ROOT, "bin/run-bun.mjs");

describe("running Bun from Node", () => {
  test("passes arguments down and the exit code up", async () => {
    const child = runBun(RUN_BUN, [PROBE, "hello", "7"]);
    expect(await read(child.stdout)).toBe("hello true\n");
    expect(await child.exited).toBe(7);
  });

  test("passes a signal down", async () => {
    const child = runBun(RUN_BUN, [PROBE, "wait"]);
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGTERM");
    expect(await child.exited).toBe(9);
  });

  test("ends by the signal that ended Bun", async () => {
    const child = runBun(RUN_BUN, [PROBE, "kill"]);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
  });

  test("says what to do when the binary does not start", async () => {
    const child = runBun(RUN_BUN, [PROBE], { GODWIT_BUN: path.join(scratch, "nothing") });
    expect(await read(child.stderr)).toStartWith("godwit: the Bun runtime at ");
    expect(await child.exited).toBe(1);
  });
});

/** An installation as npm leaves it, with the binary of this test run where `binary` says, and a text where Bun's postinstall would put it. */
async function installation(binary: string | undefined): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "godwit-install-"));
  const modules = path.join(folder, "node_modules");
  const file = path.join(modules, "godwit/bin/run-bun.mjs");
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(RUN_BUN, file);
  await writePackage(path.join(modules, "bun"), "bun.exe", undefined);
  if (binary)
    await writePackage(path.join(modules, path.dirname(path.dirname(binary))), path.basename(binary), process.execPath);
  return folder;
}

async function writePackage(folder: string, name: string, binary: string | undefined): Promise<void> {
  await mkdir(path.join(folder, "bin"), { recursive: true });
  await writeFile(path.join(folder, "package.json"), "{}");
  const file = path.join(folder, "bin", name);
  if (binary === undefined) return writeFile(file, "echo postinstall was not run >&2; exit 1\n");
  await link(binary, file).catch(() => copyFile(binary, file));
}

describe("finding Bun", () => {
  const platformPackage = `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`;

  test("in the platform's package, when npm has not run the postinstall script", async () => {
    const folder = await installation(`${platformPackage}/bin/bun`);
    const child = runBun(path.join(folder, "node_modules/godwit/bin/run-bun.mjs"), [PROBE, "hello"]);
    expect(await read(child.stdout)).toBe("hello true\n");
    await rm(folder, { recursive: true });
  });

  test("in vain is one clear line", async () => {
    const folder = await installation(undefined);
    const child = runBun(path.join(folder, "node_modules/godwit/bin/run-bun.mjs"), [PROBE]);
    expect(await read(child.stderr)).toStartWith("godwit: the Bun runtime is missing: run `npm install`");
    expect(await child.exited).toBe(1);
    await rm(folder, { recursive: true });
  });
});

describe("bin/godwit", () => {
  test("is a command of an installed package", async () => {
    const child = Bun.spawn([path.join(ROOT, "bin/godwit"), "version", "--json"], { stdout: "pipe" });
    const { version } = await Bun.file(path.join(ROOT, "package.json")).json();
    expect(JSON.parse(await read(child.stdout))).toMatchObject({ godwit: version, bun: Bun.version });
    expect(await child.exited).toBe(0);
  });
});
