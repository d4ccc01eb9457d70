/** The concierge's page in a real Chromium, on a real node: what a visitor sees while a worker is killed under the conversation. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { type ConciergeNode, startConcierge } from "./concierge-node.ts";

const ARTIFACTS = join(import.meta.dir, "../../test-artifacts");
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PATIENCE_MS = 10_000;
const TEST_TIMEOUT_MS = 60_000;

const service = await requireService("chromium");

describe.skipIf(service.kind === "missing")(serviceTitle("the concierge's page in Chromium", service), () => {
  let node: ConciergeNode;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(ARTIFACTS, { recursive: true });
    const executablePath = service.kind === "available" ? service.address : "";
    [node, browser] = await Promise.all([
      startConcierge(),
      chromium.launch({ executablePath, args: CHROMIUM_FLAGS, timeout: PATIENCE_MS }),
    ]);
  }, TEST_TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
    await node?.[Symbol.asyncDispose]();
  }, TEST_TIMEOUT_MS);

  async function visit(
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(node.url);
    await page.getByText("Write something. It will not be lost.").waitFor();
    return { context, page };
  }

  test(
    "a second tab sees the conversation, and it goes on while a worker is killed under it: nothing lost, nothing doubled",
    async () => {
      const { context, page } = await visit();
      await say(page, "Good evening");
      await answered(page, "What may I bring you in the morning?");
      await screenshot(page, "concierge-1-greeting");

      const [second] = await Promise.all([
        context.waitForEvent("page"),
        page.getByRole("link", { name: "Second tab" }).click(),
      ]);
      await answered(second, "What may I bring you in the morning?");
      await page.getByRole("button", { name: "Full breakfast" }).click();
      await answered(second, "At what time?");

      await page.getByRole("button", { name: "Kill the worker" }).click();
      await page.getByText("The worker is gone.").waitFor();
      await say(page, "8:00");
      await say(page, "Yes, please");
      await screenshot(page, "concierge-2-killed");
      await answered(page, "Sleep well.");
      await answered(second, "Sleep well.");
      await page.getByText(/A new worker took over/).waitFor();
      await screenshot(page, "concierge-3-back");

      const guest = ["Good evening", "Full breakfast", "8:00", "Yes, please"];
      for (const tab of [page, second]) {
        expect(await bubbles(tab, "guest")).toEqual(guest);
        expect(await bubbles(tab, "concierge")).toHaveLength(guest.length);
        expect(await tab.locator('.line[data-from="guest"]:not([data-state="placed"])').count()).toBe(0);
      }
      await context.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "the panel shows a message's way through the node and the death and return of the worker",
    async () => {
      const { context, page } = await visit();
      const panel = page.getByRole("complementary", { name: "What happens inside" });
      await say(page, "Good evening");
      const passage = panel.locator(".passage").filter({ hasText: "Good evening" });
      for (const step of ["accepted", "handled", "broadcast"]) await passage.getByText(step).waitFor();
      expect(await passage.locator(".passage-id").textContent()).toMatch(/^m\d+-\d+$/);
      expect(await panel.locator(".state").textContent()).toContain('"dish"');

      const pid = await panel.locator(".workers").textContent();
      await panel.getByRole("button", { name: "Kill the worker" }).click();
      await panel.locator('.turn[data-state="down"]').waitFor();
      await panel.locator('.turn[data-state="up"]').waitFor();
      expect(await panel.locator(".workers").textContent()).not.toBe(pid);
      await context.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a conversation is there again after a reload, once",
    async () => {
      const { context, page } = await visit();
      await say(page, "Good evening");
      await answered(page, "What may I bring you in the morning?");
      await page.reload();
      await answered(page, "What may I bring you in the morning?");
      expect(await bubbles(page, "guest")).toEqual(["Good evening"]);
      await context.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a conversation goes on after the whole node was killed and started again",
    async () => {
      const { context, page } = await visit();
      await say(page, "Good evening");
      await answered(page, "What may I bring you in the morning?");
      await node.crashAndRestart(async () => {
        await page.getByText("Reconnecting").waitFor();
        await say(page, "Tea and toast");
        await say(page, "9:00");
        await page.getByText("Held by this page until the node is back").waitFor();
        await screenshot(page, "concierge-6-node-killed");
      });
      await answered(page, "Tea and toast at 9:00: shall I order it?");
      expect(await bubbles(page, "guest")).toEqual(["Good evening", "Tea and toast", "9:00"]);
      expect(await bubbles(page, "concierge")).toHaveLength(3);
      await context.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "on a phone in the dark, by keyboard alone, the page is complete and nothing is wider than the screen",
    async () => {
      const { context, page } = await visit({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.locator("#write:focus").waitFor();
      await page.keyboard.type("Good evening");
      await page.keyboard.press("Enter");
      await answered(page, "What may I bring you in the morning?");
      await screenshot(page, "concierge-4-phone-chat");
      await page.getByRole("button", { name: "What happens inside" }).press("Enter");
      await page.getByRole("button", { name: "Kill the worker" }).waitFor();
      await screenshot(page, "concierge-5-phone-inside");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await page.keyboard.press("Escape");
      await context.close();
    },
    TEST_TIMEOUT_MS,
  );
});

async function say(page: Page, text: string): Promise<void> {
  const box = page.getByLabel("Message to the concierge");
  await box.fill(text);
  await box.press("Enter");
}

/** Waits until the concierge's newest line holds these words. */
async function answered(page: Page, words: string): Promise<void> {
  await page.locator('.line[data-from="concierge"]').filter({ hasText: words }).last().waitFor();
}

async function bubbles(page: Page, from: "guest" | "concierge"): Promise<string[]> {
  const texts = await page.locator(`.line[data-from="${from}"] .bubble`).allTextContents();
  return texts.map((text) => text.replace(/^(?:Guest|Concierge): /, ""));
}

async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), animations: "disabled" });
}
