/** `godwit deploy --canary`: who meets the new code, and how it ends. */
import { describe, expect, test } from "bun:test";
import { NodeProcess } from "../node/node-process.ts";
import { Chatter, numbersTo } from "./chatter.ts";
import { EditableApp } from "./fixture-app.ts";

const SOCKETS = 60;
const TALK = 10;

interface Status {
  readonly share: number;
  readonly current: { readonly handled: number; readonly failed: number };
  readonly canary: { readonly handled: number; readonly failed: number; readonly p99Ms: number | null };
}

async function startWithSockets(app: EditableApp) {
  const node = await NodeProcess.start({ app: app.path });
  const chatters = await Promise.all(Array.from({ length: SOCKETS }, (_, i) => Chatter.join(node.url, `r${i}`)));
  return { node, chatters };
}

/** What each socket's handlers say they are, for some lines from `first` on: a set of versions for each socket. */
async function versionsHeard(chatters: readonly Chatter[], first: number): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    chatters.map(async (chatter) => {
      const versions = new Set<string>();
      for (let n = first; n < first + TALK; n++) versions.add((await chatter.say(n)).version as string);
      return [...versions];
    }),
  );
}

async function status(node: NodeProcess): Promise<Status | null> {
  return JSON.parse((await node.godwit("deploy", "--status", "--json")).stdout);
}

function expectUndisturbed(chatters: readonly Chatter[]): void {
  expect(chatters.flatMap(({ closed }) => closed ?? [])).toEqual([]);
  expect(chatters.reduce((sum, { retries }) => sum + retries, 0)).toBe(0);
}

describe("godwit deploy --canary", () => {
  test("gives the new code its share, shows both side by side, and promotes it to all", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    const { node, chatters } = await startWithSockets(app);
    await using _ = node;
    expect(await status(node)).toBeNull();
    await app.edit('"one"', '"two"');
    const started = await node.godwit("deploy", "--canary", "30%", "--health", "50ms", "--json");
    expect([started.code, JSON.parse(started.stdout)]).toMatchObject([0, { kind: "standing", share: 0.3, release: 2 }]);
    const versions = await versionsHeard(chatters, 1);
    expect(versions.every((heard) => heard.length === 1)).toBe(true); // A socket stays on its side.
    const onCanary = versions.filter(([version]) => version === "two").length;
    expect(onCanary).toBeGreaterThan(SOCKETS * 0.1);
    expect(onCanary).toBeLessThan(SOCKETS * 0.6);
    await Promise.all(chatters.map((chatter) => chatter.hears(TALK)));
    await Bun.sleep(1_200); // Two heartbeats: workers tell of their work twice a second.
    const told = (await status(node)) as Status;
    expect(told.canary.handled).toBeGreaterThan(onCanary * TALK - 1);
    expect(told.current.handled).toBeGreaterThan((SOCKETS - onCanary) * TALK - 1);
    expect(told.canary.p99Ms).toBeGreaterThan(0);
    expect((await node.godwit("deploy")).stderr).toContain("is a canary");
    expect((await node.godwit("deploy", "--promote")).code).toBe(0);
    expect((await versionsHeard(chatters, TALK + 1)).flat()).toEqual(chatters.map(() => "two"));
    expect(await node.logged("canary.decided")).toMatchObject({ decision: "promoted", share: 0.3 });
    for (const chatter of chatters) expect(await chatter.hears(2 * TALK)).toEqual(numbersTo(2 * TALK));
    expectUndisturbed(chatters);
    for (const chatter of chatters) chatter.leave();
  });

  test("is withdrawn by its rule when too much fails, and everybody is back on the old code", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    const { node, chatters } = await startWithSockets(app);
    await using _ = node;
    await app.edit("ctx.state.lines += 1;", 'if (ctx.state.lines === 0) throw new Error("wrong");');
    const rule = ["--promote-after", "1h", "--max-error-rate", "5%"];
    expect((await node.godwit("deploy", "--canary", "30%", "--health", "50ms", ...rule)).code).toBe(0);
    await versionsHeard(chatters, 1);
    expect(await node.logged("canary.decided")).toMatchObject({ decision: "withdrawn" });
    for (const chatter of chatters) expect(await chatter.hears(TALK)).toEqual(numbersTo(TALK));
    expect(await status(node)).toBeNull();
    expectUndisturbed(chatters);
    for (const chatter of chatters) chatter.leave();
  });

  test("is promoted by its rule when its time has come, and withdrawn when its workers do not stay up", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    const { node, chatters } = await startWithSockets(app);
    await using _ = node;
    await app.edit('"one"', '"two"');
    expect((await node.godwit("deploy", "--canary", "50%", "--health", "0ms", "--promote-after", "1s")).code).toBe(0);
    await versionsHeard(chatters, 1);
    expect(await node.logged("canary.decided")).toMatchObject({ decision: "promoted" });
    await app.edit("async say({ n }, socket) {", "async say({ n }, socket) {\n      process.exit(3);");
    expect((await node.godwit("deploy", "--canary", "50%", "--health", "0ms")).code).toBe(0);
    let said = TALK;
    while (node.count("canary.decided") < 2) {
      said++;
      await Promise.all(chatters.map((chatter) => chatter.say(said)));
    }
    expect(await node.logged("canary.decided", 2)).toMatchObject({ decision: "withdrawn" });
    expect((await versionsHeard(chatters, said + 1)).flat()).toEqual(chatters.map(() => "two"));
    for (const chatter of chatters) expect(await chatter.hears(said + TALK)).toEqual(numbersTo(said + TALK));
    for (const chatter of chatters) chatter.leave();
  });

  test("refuses a share that is none", async () => {
    await using app = await EditableApp.of("chat-app.ts");
    await using node = await NodeProcess.start({ app: app.path });
    const { code, stderr } = await node.godwit("deploy", "--canary", "110%");
    expect([code, stderr]).toEqual([2, expect.stringContaining("a share above 0% and below 100%")]);
    expect((await node.godwit("deploy", "--withdraw")).stderr).toContain("there is no canary");
  });
});
