import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../core/index.ts";
import { claimDataFolder } from "./index.ts";

const DOOR = new URL("./index.ts", import.meta.url).pathname;

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-claim-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Another process that claims the folder and holds it until it is killed. Resolves once it has. */
async function claimElsewhere(folder: string) {
  const script = `
    import { claimDataFolder } from ${JSON.stringify(DOOR)};
    globalThis.claim = claimDataFolder(${JSON.stringify(folder)});
    console.log("claimed");
    setInterval(() => {}, 60_000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toContain("claimed");
  return child;
}

describe("claimDataFolder", () => {
  test("lets one node have a folder, and the next one once it is released", () =>
    inFolder(async (folder) => {
      const claim = claimDataFolder(folder);
      expect(() => claimDataFolder(folder)).toThrow(ConfigError);
      expect(() => claimDataFolder(folder)).toThrow("in use by another Godwit node");
      claim.release();
      claim.release();
      claimDataFolder(folder).release();
    }));

  test("is kept against other processes, and ends with a killed one", () =>
    inFolder(async (folder) => {
      const child = await claimElsewhere(folder);
      try {
        expect(() => claimDataFolder(folder)).toThrow("in use by another Godwit node");
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
      claimDataFolder(folder).release();
    }));

  test("says that a folder is missing", () => {
    expect(() => claimDataFolder("/nonexistent/godwit")).toThrow("the folder must exist and be writable");
  });
});
