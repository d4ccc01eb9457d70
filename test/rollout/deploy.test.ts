/** `godwit deploy` on a real node: what moves, what stays, and what a failure leaves untouched. */
import { describe, expect, test } from "bun:test";
import { NodeProcess } from "../node/node-process.ts";
import { Chatter, numbersTo } from "./chatter.ts";
import { EditableApp } from "./fixture-app.ts";

const QUICK = ["--health", "50ms"];

describe("godwit deploy", () => {
  test("goes over to the new code under an open socket, which loses nothing and keeps its assigns", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    const chatter = await Chatter.join(node.url, "a");
    expect(await chatter.say(1)).toEqual({ n: 1, version: "one" });
    await app.edit('"one"', '"two"');
    const { code, stdout } = await node.godwit("deploy", ...QUICK, "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { kind: "deployed", release: 2, app: "chat" }]);
    expect((await chatter.push("slow", { ms: 0 })).response).toEqual({ said: 1, version: "two" });
    expect(await chatter.say(2)).toEqual({ n: 2, version: "two" });
    expect(await chatter.hears(2)).toEqual([1, 2]);
    expect(await (await fetch(`${node.url}/x`)).text()).toBe("two /x");
    expect([chatter.closed, chatter.retries]).toEqual([undefined, 0]);
    chatter.leave();
  });

  test("lets the old workers finish what they have in hand, and sends the same socket's next push to the new code after it", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    const [slow, other] = [await Chatter.join(node.url, "a"), await Chatter.join(node.url, "b")];
    const inHand = slow.push("slow", { ms: 1_000 });
    await app.edit('"one"', '"two"');
    expect((await node.godwit("deploy", ...QUICK)).code).toBe(0);
    expect(await other.say(1)).toMatchObject({ version: "two" });
    const after = slow.push("slow", { ms: 0 });
    expect(await inHand).toMatchObject({ status: "ok", response: { version: "one" } });
    expect(await after).toMatchObject({ status: "ok", response: { version: "two" } });
    for (const chatter of [slow, other]) chatter.leave();
  });

  test("fails with the place of the fault when the new code does not load, and the old goes on untouched", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    const chatter = await Chatter.join(node.url, "a");
    const before = await node.workers();
    await app.edit("const VERSION =", "const VERSION = = ");
    const { code, stderr } = await node.godwit("deploy", ...QUICK);
    expect(code).toBe(1);
    expect(stderr).toContain("app.ts:5:");
    expect(await node.logged("deploy.failed")).toMatchObject({ release: 2 });
    expect(await chatter.say(1)).toMatchObject({ version: "one" });
    expect(await node.workers()).toEqual(before);
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
    chatter.leave();
  });

  test("fails when a new worker ends while its health is checked, and says what it ended with", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    await app.edit("const VERSION", 'setTimeout(() => { throw new Error("no database today"); }, 150);\nconst VERSION');
    const { code, stderr } = await node.godwit("deploy", "--health", "1s");
    expect(code).toBe(1);
    expect(stderr).toContain("the new w0 did not come up");
    expect(await (await fetch(`${node.url}/x`)).text()).toBe("one /x");
  });

  test("takes another app file, and SIGHUP loads that one again", async () => {
    await using first = await EditableApp.of("chat-app.ts");
    await using second = await EditableApp.of("chat-app.ts");
    await second.edit('"one"', '"two"');
    await using node = await NodeProcess.start({ app: first.path });
    expect((await node.godwit("deploy", second.path, ...QUICK)).code).toBe(0);
    expect(await (await fetch(`${node.url}/x`)).text()).toBe("two /x");
    await second.edit('"one"', '"three"');
    node.signal("SIGHUP");
    await node.logged("deploy.finished", 2);
    expect(await (await fetch(`${node.url}/x`)).text()).toBe("three /x");
  });

  test("keeps a crashed worker on the code that was deployed", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    await app.edit('"one"', '"two"');
    expect((await node.godwit("deploy", ...QUICK)).code).toBe(0);
    const chatter = await Chatter.join(node.url, "a");
    for (const pid of await node.workers()) process.kill(pid, "SIGKILL");
    expect(await chatter.say(1)).toMatchObject({ version: "two" });
    expect(await chatter.hears(1)).toEqual(numbersTo(1));
    chatter.leave();
  });

  test("says so when no node runs on the data folder", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    const node = await NodeProcess.start({ app: app.path });
    await node[Symbol.asyncDispose]();
    const { code, stderr } = await node.godwit("deploy");
    expect([code, stderr]).toEqual([1, expect.stringContaining("no node runs on the data folder")]);
  });
});
