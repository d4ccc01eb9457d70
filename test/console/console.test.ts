/** The console in a real Chromium, on a real node under load: what an operator sees and does. Screenshots are kept as artefacts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Socket } from "phoenix";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { NodeProcess } from "../node/node-process.ts";

const ARTIFACTS = join(import.meta.dir, "../../test-artifacts");
const APP = join(import.meta.dir, "fixtures/shop-app.ts");
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const API_TOKEN = "a-token-for-the-tests";
const CONSOLE_TOKEN = "correct-horse-battery";
const PATIENCE_MS = 15_000;
const TEST_TIMEOUT_MS = 90_000;

const DESKTOP = { viewport: { width: 1440, height: 900 } } as const;
const PHONE = { viewport: { width: 390, height: 844 } } as const;

const service = await requireService("chromium");

describe.skipIf(service.kind === "missing")(serviceTitle("the console in Chromium", service), () => {
  let node: NodeProcess;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(ARTIFACTS, { recursive: true });
    const executablePath = service.kind === "available" ? service.address : "";
    [node, browser] = await Promise.all([
      NodeProcess.start({
        app: APP,
        arguments: ["--workers", "2", "--node", "test"],
        env: { GODWIT_API_TOKEN: API_TOKEN, GODWIT_CONSOLE_TOKEN: CONSOLE_TOKEN },
      }),
      chromium.launch({ executablePath, args: CHROMIUM_FLAGS, timeout: PATIENCE_MS }),
    ]);
  }, TEST_TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
    await node?.[Symbol.asyncDispose]();
  }, TEST_TIMEOUT_MS);

  async function send(actor: string, key: string, message: object): Promise<string> {
    const response = await fetch(`${node.url}/api/actors/${actor}/${encodeURIComponent(key)}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${API_TOKEN}` },
      body: JSON.stringify(message),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { readonly id: string }).id;
  }

  async function open(options: Parameters<Browser["newContext"]>[0] = DESKTOP): Promise<Page> {
    const context: BrowserContext = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    return context.newPage();
  }

  /** A logged-in page at this path of the console. What its scripts throw, or its policy forbids, fails the test. */
  async function enter(path = "", options?: Parameters<Browser["newContext"]>[0]) {
    const page = await open(options);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await logIn(page, CONSOLE_TOKEN);
    await page.goto(`${node.url}/console${path}`);
    await page.locator(".shell").waitFor();
    return {
      page,
      async [Symbol.asyncDispose]() {
        await page.context().close();
        expect(problems).toEqual([]);
      },
    };
  }

  async function logIn(page: Page, token: string): Promise<void> {
    await page.goto(`${node.url}/console`);
    await page.getByLabel("Console token").fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  test(
    "a wrong token stays outside, the right one opens, and after a logout the way is closed again",
    async () => {
      const page = await open();
      await logIn(page, "not-the-right-token");
      await page.getByText("That is not this node's token.").waitFor();
      await shoot(page, "login");
      await page.goto(`${node.url}/console/dead`);
      await page.getByLabel("Console token").waitFor();

      await logIn(page, CONSOLE_TOKEN);
      await page.locator(".shell").waitFor();
      const [cookie] = await page.context().cookies(`${node.url}/console`);
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/console" });

      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByLabel("Console token").waitFor();
      const again = await fetch(`${node.url}/console`, {
        redirect: "manual",
        headers: { cookie: `${cookie?.name}=${cookie?.value}` },
      });
      expect(again.status).toBe(303);
      await page.context().close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "the overview's plots move with the load, and a killed worker stands in the tree and on the time axis",
    async () => {
      await using opened = await enter();
      const { page } = opened;
      const handled = page.locator('.plot-key[data-color="plot-handled"] b').first();
      const before = await drawn(page);
      const load = keepSending(50, (i) => send("order", `A-${i % 20}`, { kind: "place", amount: i % 90 }));
      await page.waitForFunction((element) => Number(element?.textContent) > 1, await handled.elementHandle());
      expect(await drawn(page)).not.toBe(before);

      const [worker] = await node.workers();
      process.kill(worker as number, "SIGKILL");
      const glyph = page.locator('.track .glyph[data-kind="crash"]').first();
      await glyph.waitFor();
      await page.locator(".marks").getByText("SIGKILL").waitFor();
      await shoot(page, "overview");
      await page.getByRole("link", { name: "Supervision" }).click();
      const branch = page.locator(".branch").filter({ hasText: "1 restart" });
      await branch.getByText(/SIGKILL/).waitFor();
      await page.locator('.branch[data-path="node/workers/w0"][data-state="running"]').waitFor();
      await shoot(page, "supervision");
      await load.stop();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a dead letter is read, redriven with a reason from the keyboard, and another one is discarded",
    async () => {
      const id = await send("payment", "guest-1", { amount: 20_001 });
      await send("payment", "guest-2", { amount: 20_002 });
      await using opened = await enter("/dead");
      const { page } = opened;
      const list = page.getByRole("list", { name: "Dead letters" });
      await list.getByText("guest-1").click();
      const detail = page.locator(".split-detail");
      await detail.getByText("at receive").first().waitFor();
      expect(await detail.locator(".json-name").allTextContents()).toContain('"amount"');
      await shoot(page, "dead-letters");

      await page.keyboard.press("r");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Reason").fill("the bank is back");
      await shoot(page, "redrive");
      await page.keyboard.press("Enter");
      await page.getByText(`Redriven: ${id}.`).waitFor();

      // It dies again, of the same amount: but as another try, and with the decision carried out.
      await list.getByText("guest-2").click();
      await detail.getByRole("button", { name: "Discard" }).click();
      await dialog.getByLabel("Reason").fill("a duplicate");
      await dialog.getByRole("button", { name: "Discard" }).click();
      await page.getByText("Discarded: ").waitFor();
      await page.getByRole("button", { name: "discarded" }).click();
      await list.getByText("guest-2").click();
      await detail.getByText("a duplicate").waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "an error is resolved, and called a regression when it comes back",
    async () => {
      await send("order", "A-1", { kind: "broken" });
      await using opened = await enter("/errors");
      const { page } = opened;
      const list = page.getByRole("list", { name: "Errors" });
      await list.getByText("TypeError").click();
      await page.locator(".split-detail").getByText("at receive").first().waitFor();
      await shoot(page, "errors");
      await page.getByRole("button", { name: "Resolve", exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
      await page.getByText("TypeError: resolved.").waitFor();
      await list.getByText("TypeError").waitFor({ state: "detached" });

      await send("order", "A-1", { kind: "broken" });
      await list.getByText("regression").waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a key is found by its beginning, shows its state and its messages, is paused, and goes on",
    async () => {
      const key = "customer-4711";
      await send("order", key, { kind: "place", amount: 12 });
      await using opened = await enter();
      const { page } = opened;
      await page.keyboard.press("/");
      await page.keyboard.type("customer-47");
      await page.keyboard.press("Enter");
      await page.locator(".found").getByText(key).click();
      await page.locator(".code").getByText('"place"').first().waitFor();
      await page.locator(".messages").getByText("handled").first().waitFor();

      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
      await page.locator(".facts").getByText("paused").waitFor();
      await send("order", key, { kind: "ship", amount: 1 });
      await page.locator(".messages").getByText("waiting").waitFor();
      await shoot(page, "key");

      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
      await page.locator(".facts").getByText("running normally").waitFor();
      await page.locator(".code").getByText('"ship"').first().waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a deploy stands on the time axis and among the changes, by its code's version",
    async () => {
      await using opened = await enter();
      const { page } = opened;
      expect(await node.godwit("deploy")).toMatchObject({ code: 0 });
      await page.locator('.track .glyph[data-kind="deploy"]').first().waitFor();
      await page.getByRole("link", { name: "Changes", exact: true }).click();
      await page.getByRole("button", { name: "Deploys" }).click();
      await page
        .locator(".change-list")
        .getByText(/serves; the move took/)
        .waitFor();
      await shoot(page, "changes");
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a topic shows who has joined it and who is present",
    async () => {
      const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
      socket.connect();
      const joined = Promise.withResolvers<unknown>();
      socket.channel("room:lobby", { user: "ada" }).join().receive("ok", joined.resolve);
      await joined.promise;
      await using opened = await enter("/topics");
      const { page } = opened;
      await page.getByRole("list", { name: "Topics" }).getByText("room:lobby").click();
      await page.locator(".present").getByText("ada").waitFor();
      await page.getByText("1 socket, 1 joined").waitFor();
      await shoot(page, "topics");
      socket.disconnect();
    },
    TEST_TIMEOUT_MS,
  );

  test.each([
    ["light", DESKTOP],
    ["dark", DESKTOP],
    ["light", PHONE],
    ["dark", PHONE],
  ] as const)(
    "every page is whole in the %s, and nothing is wider than the screen (%j)",
    async (colorScheme, screen) => {
      await send("payment", "guest-3", { amount: 20_003 });
      await using opened = await enter("", { ...screen, colorScheme });
      const { page } = opened;
      const { width } = screen.viewport;
      for (const name of [
        "Supervision",
        "Shards & lanes",
        "Dead letters",
        "Errors",
        "Topics",
        "Changes",
        "Keys",
        "Overview",
      ]) {
        await page.getByRole("navigation").getByRole("link", { name }).click();
        await page.locator(`nav a[aria-current="page"]`).filter({ hasText: name }).waitFor();
        await page.waitForFunction(() => document.querySelector("main .waiting") === null);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        await shoot(page, `${name.toLowerCase().replace(/\W+/g, "-")}-${colorScheme}-${width}`);
      }
    },
    TEST_TIMEOUT_MS,
  );

  test("nothing of the console answers, nor opens a socket, without a session", async () => {
    for (const path of ["", "/dead", "/keys?find=a"]) {
      const response = await fetch(`${node.url}/console${path}`, { redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([303, "/console/login"]);
      expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
    }
    const socket = new WebSocket(`${node.url.replace("http", "ws")}/console/socket/websocket?vsn=2.0.0`);
    const opened = await new Promise((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    });
    expect(opened).toBe(false);
  });
});

/** The picture of the first plot. */
function drawn(page: Page): Promise<string> {
  return page
    .locator(".plot canvas")
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** Sends one after another, about so many a second, until it is stopped. */
function keepSending(perSecond: number, sendOne: (i: number) => Promise<unknown>): { stop(): Promise<void> } {
  let isOn = true;
  const done = (async () => {
    for (let i = 0; isOn; i++) {
      await sendOne(i).catch(() => undefined);
      await Bun.sleep(1_000 / perSecond);
    }
  })();
  return {
    stop() {
      isOn = false;
      return done;
    },
  };
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ARTIFACTS, `console-${name}.png`), animations: "disabled" });
}
