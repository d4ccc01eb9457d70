import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProject } from "./new-project.ts";

const scratch = await mkdtemp(join(tmpdir(), "godwit-new-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe("a new project", () => {
  test("holds every file of the template, with its own name and nothing left to fill in", async () => {
    const { folder, files } = await createProject(join(scratch, "harbour"));
    expect((await readdir(folder)).sort()).toEqual([...files].sort());
    const texts = await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()));
    expect(texts.join("\n")).not.toMatch(/APP_NAME|GODWIT_VERSION/);
    expect(await Bun.file(join(folder, "package.json")).json()).toMatchObject({ name: "harbour", type: "module" });
    expect(await Bun.file(join(folder, "app.ts")).text()).toContain('name: "harbour"');
  });

  test("depends on this checkout when it was made by one", async () => {
    const { folder } = await createProject(join(scratch, "deep", "quay"));
    const { dependencies } = await Bun.file(join(folder, "package.json")).json();
    expect(dependencies.godwit).toStartWith("file:");
    const checkout = await Bun.file(join(folder, dependencies.godwit.slice("file:".length), "package.json")).json();
    expect(checkout.name).toBe("godwit");
  });

  test("is never written over what is there", async () => {
    const folder = join(scratch, "taken");
    await mkdir(folder);
    await Bun.write(join(folder, "notes.txt"), "mine");
    expect(createProject(folder)).rejects.toThrow("is not empty; nothing was written");
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("is refused where a file has its name, and under a name that no package can have", async () => {
    await Bun.write(join(scratch, "file"), "");
    expect(createProject(join(scratch, "file"))).rejects.toThrow("cannot be created");
    expect(createProject(join(scratch, "Höfen"))).rejects.toThrow("NAME: expected lower-case letters");
    expect(await readdir(scratch)).not.toContain("Höfen");
  });
});
