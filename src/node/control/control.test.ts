import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GodwitError, systemClock, toError } from "../../core/index.ts";
import { controlSocketOf, openDataFolder } from "../data-folder.ts";
import { connectControl } from "./control-client.ts";
import { serveControl } from "./control-server.ts";

const folders: string[] = [];

function newFolder(name = ""): string {
  const path = mkdtempSync(join(tmpdir(), "godwit-control-"));
  folders.push(path);
  return join(path, name);
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("the control socket", () => {
  test("carries a request by its name, and a refusal by its code", async () => {
    const folder = newFolder();
    const server = serveControl(openDataFolder(folder).control, systemClock, {
      double: (params) => ({ twice: 2 * (params as { of: number }).of }),
      refuse: () => {
        throw new GodwitError("busy", "not now");
      },
    });
    const client = await connectControl(folder, systemClock);
    expect(await client.call("double", { of: 21 })).toEqual({ twice: 42 });
    await expect(client.call("refuse")).rejects.toMatchObject({ code: "busy", message: "not now" });
    await expect(client.call("toString")).rejects.toMatchObject({ code: "not_found" });
    client.close();
    server.stop();
  });

  test("says which folder no node runs on, and how to start one", async () => {
    const folder = newFolder();
    const error = await connectControl(folder, systemClock).then(() => undefined, toError);
    expect(error).toMatchObject({ code: "node_not_running" });
    expect(error?.message).toContain(folder);
    expect(error?.message).toContain("godwit start");
  });

  test("is found in a folder whose path is too long for a socket", async () => {
    const folder = newFolder("d".repeat(120));
    const server = serveControl(openDataFolder(folder).control, systemClock, { ping: () => "pong" });
    expect(controlSocketOf(folder).length).toBeLessThanOrEqual(103);
    const client = await connectControl(folder, systemClock);
    expect(await client.call("ping")).toBe("pong");
    client.close();
    server.stop();
    rmSync(controlSocketOf(folder), { force: true });
  });
});
