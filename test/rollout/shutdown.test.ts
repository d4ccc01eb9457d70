/** SIGTERM under load, past the deadline, and twice. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { NodeProcess, temporaryFolder } from "../node/node-process.ts";
import { Chatter } from "./chatter.ts";

const TAKING = join(import.meta.dir, "fixtures/taking-app.ts");
const CHAT = join(import.meta.dir, "fixtures/chat-app.ts");
const CLIENTS = 25;

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function startTaking(...options: readonly string[]): Promise<NodeProcess> {
  return NodeProcess.start({ app: TAKING, arguments: options, env: { TEST_TAKEN_LOG: join(folder, "taken") } });
}

async function taken(): Promise<readonly string[]> {
  return (await Bun.file(join(folder, "taken")).text()).trim().split("\n");
}

/** Asks one thing after the other over kept connections, until the node takes no more; returns what was answered. */
async function askUntilRefused(url: string, client: number): Promise<readonly string[]> {
  const answered: string[] = [];
  for (let i = 0; ; i++) {
    try {
      const answer = await fetch(`${url}/${client}-${i}`);
      if (answer.status !== 200) return answered;
      answered.push(await answer.text());
    } catch {
      return answered;
    }
  }
}

describe("a node that is asked to stop", () => {
  test("cuts no request that it has taken, under a thousand a second on kept connections, and ends with 0", async () => {
    await using node = await startTaking();
    const clients = Array.from({ length: CLIENTS }, (_, client) => askUntilRefused(node.url, client));
    while ((await taken().catch(() => [])).length < 500) await Bun.sleep(5); // Until the load is on; nothing is asserted on it.
    node.signal("SIGTERM");
    const answered = new Set((await Promise.all(clients)).flat());
    expect(await node.exited).toBe(0);
    const cut = (await taken()).filter((id) => !answered.has(id));
    expect(cut).toEqual([]);
    expect(answered.size).toBeGreaterThanOrEqual(500);
  });

  test("closes its sockets with 1012 in a spread", async () => {
    await using node = await NodeProcess.start({ app: CHAT, arguments: ["--shutdown", "2s"] });
    const chatters = await Promise.all(Array.from({ length: 20 }, (_, i) => Chatter.join(node.url, `r${i}`)));
    const slow = chatters[0]?.push("slow", { ms: 300 });
    node.signal("SIGTERM");
    await Promise.all(chatters.map((chatter) => chatter.hears(1)));
    expect(chatters.map(({ closed }) => closed?.code)).toEqual(chatters.map(() => 1012));
    expect(await node.exited).toBe(0);
    expect((await slow)?.status).toBeOneOf(["ok", "closed"]);
  });

  test("forces past the deadline, and says what was cut", async () => {
    await using node = await startTaking("--shutdown", "500ms");
    const cut = fetch(`${node.url}/stuck?ms=60000`).catch(() => "cut");
    while ((await taken().catch(() => [])).length === 0) await Bun.sleep(5);
    node.signal("SIGTERM");
    expect(await cut).toBe("cut");
    expect(await node.exited).toBe(1);
    expect(await node.stderr()).toContain("cut: 1 HTTP request");
  });

  test("forces at once at a second signal", async () => {
    await using node = await startTaking("--shutdown", "60s");
    const cut = fetch(`${node.url}/stuck?ms=60000`).catch(() => "cut");
    while ((await taken().catch(() => [])).length === 0) await Bun.sleep(5);
    node.signal("SIGTERM");
    await Bun.sleep(400); // A press of Ctrl-C comes more than once within 300 ms; later it is another one.
    node.signal("SIGTERM");
    expect(await cut).toBe("cut");
    expect(await node.exited).toBe(1);
  });
});
