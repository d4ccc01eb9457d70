/** The commands that look into a running node: what a person reads, and what a script gets. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ObservedNode } from "./observed-node.ts";

describe("the command line", () => {
  let node: ObservedNode;
  let poisoned: string;
  beforeAll(async () => {
    node = await ObservedNode.start();
    await node.say("guest-1", "pass on");
    poisoned = await node.say("guest-2", "poison");
    await node.until(
      () => node.ask("dead.list"),
      ({ rows }) => rows.length === 1,
    );
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  async function json(line: string) {
    const { code, stdout, stderr } = await node.cli(`${line} --json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  }

  test("ps draws the tree, with each worker's process", async () => {
    await node.until(
      () => node.ask("node"),
      ({ workers }) => workers[0]?.rssBytes != null,
    );
    const { code, stdout } = await node.cli("ps");
    expect(code).toBe(0);
    expect(stdout).toMatch(/├─ workers +running\n│ +└─ w0 +running +pid \d+ +\d+ MB/);
    expect(stdout).toContain(node.url);
    expect(await json("ps")).toMatchObject({ app: { name: "front desk" }, workers: [{ worker: "w0" }] });
  });

  test("dead lists what died and of what, within 80 columns, and shows one with its stack", async () => {
    const list = await node.cli("dead");
    expect(list.stdout).toMatch(new RegExp(`^${poisoned} +desk/guest-2 .* 2 +TypeError: cannot digest poison$`, "m"));
    for (const line of list.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const one = await node.cli(`dead ${poisoned}`);
    expect(one.stdout).toContain("desk-app.ts:");
    expect(one.stdout).toContain(`godwit dead ${poisoned} --redrive`);
  });

  test("a list that is cut says so, and gives the call that goes on", async () => {
    const { rows, truncated, next } = await json("ps --shards --limit 60");
    expect({ rows: rows.length, truncated }).toEqual({ rows: 60, truncated: true });
    const rest = await json(next.replace(/^godwit /, ""));
    expect({ rows: rest.rows.length, truncated: rest.truncated, next: rest.next }).toEqual({
      rows: 4,
      truncated: false,
      next: null,
    });
  });

  test("actors finds a key and shows its state", async () => {
    expect((await node.cli("actors desk --prefix guest")).stdout).toMatch(/^guest-1 +normal/m);
    expect((await node.cli("actors desk guest-1")).stdout).toContain('state  {"count":1}');
    const unknown = await node.cli("actors dsk guest-1");
    expect(unknown).toMatchObject({ code: 1, stdout: "", stderr: 'godwit: the app has no actor "dsk"; it has desk\n' });
  });

  test("actors pauses a key and lets it go on", async () => {
    expect((await node.cli("actors desk guest-3 --pause")).stdout).toBe(
      "desk/guest-3 stops before its next message.\n",
    );
    const paused = await node.until(
      () => json("actors"),
      ({ rows }) => rows.length === 1,
    );
    expect(paused.rows[0]).toMatchObject({ target: "desk", key: "guest-3", status: "paused", dueAtMs: null });
    await json("actors desk guest-3 --resume");
    await node.until(
      () => json("actors"),
      ({ rows }) => rows.length === 0,
    );
  });

  test("trace tells the way of a message that was tried twice, and of one that sent another", async () => {
    const died = await node.cli(`trace ${poisoned}`);
    expect(died.stdout).toMatch(/accepted.*\n.*try 1 failed .*on w0.*cannot digest poison\n.*set aside.*\n.*try 2/);
    expect(died.stdout).toMatch(/died +TypeError: cannot digest poison\n/);
    const { rows } = await json("actors desk --prefix back");
    expect(rows).toHaveLength(1);
    const id = await node.say("guest-4", "pass on");
    const trace = await node.until(
      () => json(`trace ${id}`),
      ({ sent }) => sent.length === 1 && sent[0].status === "handled",
    );
    expect(trace.sent[0]).toMatchObject({ target: "desk", key: "back-office" });
    expect((await node.cli(`trace ${id}`)).stdout).toMatch(/→ message +m\d+-\d+ to desk\/back-office +handled /);
  });

  test("doctor names the dead letter, what to do, and ends with 1", async () => {
    const { code, stdout } = await node.cli("doctor");
    expect(code).toBe(1);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      `1 dead letter of desk; the newest, ${poisoned} (key guest-2): TypeError`,
    );
    expect(stdout).toContain("godwit dead --target desk");
    expect(stdout).toContain("Something is wrong.");
  });

  test("top prints one screen where nobody sits at a terminal, or its figures as JSON", async () => {
    const { code, stdout } = await node.cli("top --once");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ godwit · front desk +● 1 wrong$/m);
    expect(stdout).toMatch(/^ w0 +● up /m);
    const { figures } = await json("top");
    expect(figures.targets[0]).toMatchObject({ target: "desk", dead: 1 });
  });

  test("dead --discard empties the list, and doctor is content", async () => {
    const decided = await json("dead --target desk --discard --reason test");
    expect(decided).toEqual({ asked: [poisoned], more: false });
    await node.until(
      () => json("dead"),
      ({ rows }) => rows.length === 0,
    );
    const { findings } = JSON.parse((await node.cli("doctor --json")).stdout);
    expect(findings.map(({ check }: { check: string }) => check)).not.toContain("dead-letters");
  });

  test.each([
    ["dead --redrive", "--redrive needs an ID, or --target"],
    ["actors desk --pause", "--pause needs ACTOR and KEY"],
    ["trace", "MESSAGE_ID is missing"],
  ])("%j is refused as a wrong command line", async (line, message) => {
    const { code, stderr } = await node.cli(line);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test("without a node a command says how to start one, and doctor checks the machine all the same", async () => {
  const node = await ObservedNode.start();
  await node.process.kill();
  const ps = await node.cli("ps");
  expect(ps).toMatchObject({ code: 1, stdout: "" });
  expect(ps.stderr).toContain("no node runs on the data folder");
  const doctor = await node.cli("doctor");
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toContain("✓ Bun");
  expect(doctor.stdout).toContain("✗ no node runs on the data folder");
  await node[Symbol.asyncDispose]();
});
