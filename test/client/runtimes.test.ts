/** The same client in Node (over long-poll, where it has no WebSocket) and in a real Chromium, as a bundler gives it to them. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { channel, defineSocket } from "../../src/channels/index.ts";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { type Harness, startHarness } from "../channels/harness.ts";
import { MemoryHistory } from "../channels/memory-history.ts";

const VISIT = join(import.meta.dir, "fixtures/visit.ts");
const browser = await requireService("chromium");
const node = Bun.which("node");

const log = channel("log:*", {
  history: { keep: 100 },
  on: { add: async (payload, socket) => void (await socket.broadcast("added", payload)) },
});

function start(): Harness {
  const socket = defineSocket({ connect: (info) => info.allow({ id: "all" }) });
  return startHarness({ channels: [log], socket, store: new MemoryHistory() });
}

async function bundle(target: "node" | "browser"): Promise<string> {
  const built = await Bun.build({ entrypoints: [VISIT], target });
  return (await built.outputs[0]?.text()) ?? "";
}

/** A server that cuts the visitor off and broadcasts meanwhile, when it is asked to; and serves its page. */
function serveCut(harness: Harness, script: string) {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/script.js") return new Response(script, { headers: { "content-type": "text/javascript" } });
      if (pathname !== "/cut") {
        return new Response('<script type="module" src="/script.js"></script>', {
          headers: { "content-type": "text/html" },
        });
      }
      harness.gateway.disconnect("all");
      for (let i = 0; i < 3; i++) await harness.broadcaster.broadcast({ topic: "log:1", event: "added", body: "{}" });
      return new Response();
    },
  });
}

test.skipIf(node === null)(
  "in Node it joins, pushes, and resumes after it was cut off",
  async () => {
    await using harness = start();
    using cut = serveCut(harness, "");
    const call = `console.log(await globalThis.visit(${JSON.stringify(harness.url)}, () => fetch("${cut.url}cut")));process.exit(0)`;
    const visitor = Bun.spawn([node as string, "--input-type=module"], {
      stdin: new Blob([`${await bundle("node")}\n${call}`]),
      stdout: "pipe",
      stderr: "inherit",
    });
    expect((await new Response(visitor.stdout).text()).trim()).toBe("1,2,3,4");
  },
  20_000,
);

describe.skipIf(browser.kind === "missing")(serviceTitle("in Chromium", browser), () => {
  test("it joins, pushes, and resumes after it was cut off", async () => {
    await using harness = start();
    using cut = serveCut(harness, await bundle("browser"));
    const executablePath = browser.kind === "available" ? browser.address : "";
    const chrome = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    try {
      const page = await chrome.newPage();
      await page.goto(cut.url.href, { waitUntil: "load" });
      const seen = await page.evaluate(`visit(${JSON.stringify(harness.url)}, () => fetch("/cut"))`);
      expect(seen).toBe("1,2,3,4");
    } finally {
      await chrome.close();
    }
  }, 30_000);
});
