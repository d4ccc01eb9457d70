/** What a node does about workers that hang, crash or do not come up. */
import { describe, expect, test } from "bun:test";
import { NodeProcess } from "../node/node-process.ts";
import { Chatter } from "./chatter.ts";
import { EditableApp } from "./fixture-app.ts";

const TOKEN = "a-token-for-the-tests";
const APP = "faulty-app.ts";

/** Sends to the actor `faulty`, or asks it. */
async function api(url: string, key: string, fault: string, kind: "messages" | "asks" = "messages") {
  const answer = await fetch(`${url}/api/actors/faulty/${key}/${kind}`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ fault }),
  });
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

describe("a worker in an endless loop", () => {
  test("is replaced within its limit and a second, while others answer; its message is a dead letter after its attempts", async () => {
    await using app = await EditableApp.of(APP);
    const env = { GODWIT_API_TOKEN: TOKEN };
    await using node = await NodeProcess.start({
      app: app.path,
      arguments: ["--workers", "2", "--blocked-limit", "2s"],
      env,
    });
    const chatter = await Chatter.join(node.url, "a");
    await api(node.url, "victim", "spin");
    const blocked = await node.logged("process.blocked");
    expect(blocked.silentMs).toBeLessThan(3_000);
    expect(blocked.running).toEqual([expect.stringMatching(/^m\d+-\d+$/)]);
    const dead = await node.logged("message.dead");
    expect(dead).toMatchObject({ target: "faulty", key: "victim", id: (blocked.running as string[])[0] });
    expect(node.count("process.blocked")).toBe(2);
    expect(await api(node.url, "victim", "none", "asks")).toEqual({ reply: { count: 1 } });
    expect(await chatter.say(1)).toEqual({ n: 1 });
    expect(chatter.closed).toBeUndefined();
    chatter.leave();
  });
});

describe("an error that nobody caught", () => {
  test.each([
    ["/reject", "nobody awaits me"],
    ["/throw", "nobody catches me"],
  ])("%s ends the worker, is named, and the next one serves", async (path, message) => {
    await using app = await EditableApp.of(APP);
    await using node = await NodeProcess.start({ app: app.path });
    await fetch(`${node.url}${path}`);
    expect((await node.logged("service.exited")).error).toContain(message);
    const chatter = await Chatter.join(node.url, "a");
    expect(await chatter.say(1)).toEqual({ n: 1 });
    chatter.leave();
  });
});

describe("workers that do not come up any more", () => {
  test("are started again with growing pauses and reported, while the gateway answers `unavailable`", async () => {
    await using app = await EditableApp.of(APP);
    await using node = await NodeProcess.start({ app: app.path });
    const chatter = await Chatter.join(node.url, "a");
    await app.edit("const leaked", 'throw new Error("no key in the environment");\nconst leaked');
    for (const pid of await node.workers()) process.kill(pid, "SIGKILL");
    expect((await node.logged("service.failed-to-start")).error).toContain("no key in the environment");
    await node.logged("service.restarting", 3);
    const answer = await fetch(`${node.url}/x`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: "unavailable" } }]);
    expect((await chatter.push("say", { n: 1 })).status).toBe("error");
    const ready = await fetch(`${node.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: "unavailable", reasons: ["no worker is ready"] },
    ]);
    await app.write(await Bun.file(`${import.meta.dir}/fixtures/${APP}`).text());
    expect((await node.godwit("deploy", "--health", "0ms")).code).toBe(0);
    expect((await chatter.push("say", { n: 2 })).response).toEqual({ n: 2 });
    expect(chatter.closed).toBeUndefined();
    chatter.leave();
  });
});

describe("a worker that leaks", () => {
  test("is replaced before it fills the node's memory; nothing is lost, and each replacement is told with the curve", async () => {
    await using app = await EditableApp.of(APP);
    await using node = await NodeProcess.start({
      app: app.path,
      arguments: ["--worker-memory", "200mb"],
      env: { GODWIT_API_TOKEN: TOKEN, GODWIT_RECYCLE_GAP: "200ms" },
    });
    const chatter = await Chatter.join(node.url, "a");
    for (let i = 0; i < 500; i++) await api(node.url, "leaker", "leak");
    const outgrown = await node.logged("process.outgrown");
    expect((outgrown.curve as readonly unknown[]).length).toBeGreaterThan(0);
    expect(await node.logged("worker.replaced", 2)).toMatchObject({ worker: "w0", reason: "memory" });
    expect(await api(node.url, "leaker", "none", "asks")).toEqual({ reply: { count: 501 } });
    expect(chatter.closed).toBeUndefined();
    chatter.leave();
  });
});
