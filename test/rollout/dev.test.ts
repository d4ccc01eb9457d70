/** `godwit dev`: a save swaps the code; code that does not load is shown in the terminal and on the page. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { NodeProcess } from "../node/node-process.ts";
import { Chatter, numbersTo } from "./chatter.ts";
import { EditableApp } from "./fixture-app.ts";

const CHROMIUM = process.env.GODWIT_TEST_CHROMIUM ?? "/usr/bin/chromium";

describe("godwit dev", () => {
  test("swaps the code at each save, under open sockets, with the actors' state kept", async () => {
    await using app = await EditableApp.of("paged-app.ts");
    await using node = await NodeProcess.start({ command: "dev", app: app.path });
    const chatter = await Chatter.join(node.url, "counter");
    expect(await chatter.say(1)).toEqual({ version: "one" });
    for (const [i, version] of ["two", "three"].entries()) {
      await app.edit('"one"', `"${version}"`);
      expect(await node.logged("swapped", i + 1)).toMatchObject({ release: i + 2 });
      expect(await chatter.say(i + 2)).toEqual({ version });
    }
    expect(await chatter.hears(3)).toEqual(numbersTo(3));
    expect([chatter.closed, chatter.retries]).toEqual([undefined, 0]);
    chatter.leave();
  });

  test("shows in the terminal where code does not load, goes on with the old, and takes the next save", async () => {
    await using app = await EditableApp.of("paged-app.ts");
    const node = await NodeProcess.start({ command: "dev", app: app.path });
    const chatter = await Chatter.join(node.url, "counter");
    await app.edit("const VERSION =", "const VERSION = = ");
    while (!node.errors().includes('"code":"app_load_failed"')) await Bun.sleep(10);
    expect(node.errors()).toMatch(/app\.ts","line":5/);
    expect(await chatter.say(1)).toEqual({ version: "one" });
    await app.edit('"one"', '"two"');
    await node.logged("swapped");
    expect(await chatter.say(2)).toEqual({ version: "two" });
    chatter.leave();
    await node[Symbol.asyncDispose]();
  });
});

describe.skipIf(!existsSync(CHROMIUM))("the page under godwit dev", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  test("shows why the new code did not load, also when it is opened later, and no longer once it does", async () => {
    await using app = await EditableApp.of("paged-app.ts");
    await using node = await NodeProcess.start({ command: "dev", app: app.path });
    const page = await browser.newPage();
    await page.goto(node.url);
    await page.getByRole("heading", { name: "The page" }).waitFor();
    await app.edit("const VERSION =", "const VERSION = = ");
    await page.getByRole("alert").getByText("app.ts:5").waitFor();
    const later = await browser.newPage();
    await later.goto(node.url);
    await later.getByRole("alert").getByText("the old one goes on").waitFor();
    await app.edit('"one"', '"two"');
    await page.getByRole("alert").waitFor({ state: "detached" });
    await Promise.all([page.close(), later.close()]);
  });
});
