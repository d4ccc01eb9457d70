/**
 * The fault drill: eight faults are seeded in real nodes, and for each the node's own tools must name the cause within seconds. What a person
 * does then is in docs/operate/, a page for each fault; `npm run drill` shows what the tools say.
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { CuttingProxy } from "../../src/adapters/postgres/cutting-proxy-fixture.ts";
import type { Finding } from "../../src/inspect/index.ts";
import { FakeProvider, requireService, serviceTitle } from "../../src/testing/index.ts";
import telegramText from "../fixtures/providers/telegram/message-text.json" with { type: "json" };
import { ObservedNode } from "../observe/observed-node.ts";
import { openSlowReader } from "./slow-reader.ts";

const APP = join(import.meta.dir, "fixtures/drill-app.ts");
const PAGES = join(import.meta.dir, "../../docs/operate");
const postgres = await requireService("postgres");

/** What `godwit doctor` says, as soon as it says `check`. */
async function diagnosis(node: ObservedNode, check: string, matches: (finding: Finding) => boolean = () => true) {
  const health = await node.until(
    () => node.ask("health"),
    ({ findings }) => findings.some((finding) => finding.check === check && matches(finding)),
  );
  const finding = health.findings.find((found) => found.check === check && matches(found)) as Finding;
  expect(existsSync(join(PAGES, `${finding.page}.md`))).toBe(true);
  const doctor = await node.cli("doctor");
  expect(doctor.stdout).toContain(`docs/operate/${finding.page}.md`);
  if (process.env.DRILL) console.log(`${doctor.stdout}\n`);
  return finding;
}

async function webhook(node: ObservedNode, updateId: number): Promise<void> {
  const answer = await fetch(`${node.url}/webhooks/telegram`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": "telegram-secret" },
    body: JSON.stringify({ ...telegramText.body, update_id: updateId }),
  });
  expect(answer.status).toBe(200);
}

describe("the fault drill", () => {
  test("1. a poison message: dead and errors name it, with its stack", async () => {
    await using node = await ObservedNode.start({ app: APP });
    const id = await node.say("guest", "poison");
    const finding = await diagnosis(node, "dead-letters");
    expect(finding.text).toContain(`${id} (key guest): TypeError: cannot digest poison`);
    expect((await node.cli("dead")).stdout).toContain("TypeError: cannot digest poison");
    await node.until(
      () => node.cli("errors --json"),
      ({ stdout }) => stdout.includes("TypeError: cannot digest poison at drill-app.ts"),
    );
  });

  test("1b. a message that kills its worker: the worker is named, and the message a dead letter", async () => {
    await using node = await ObservedNode.start({ app: APP });
    const id = await node.say("guest", "kill");
    const finding = await diagnosis(node, "dead-letters");
    expect(finding.text).toContain(`${id} (key guest)`);
    expect((await node.cli(`dead ${id}`)).stdout).toContain("the process died");
  }, 20_000);

  test("2. a slow handler: doctor names the actor, the message and where it stood", async () => {
    await using node = await ObservedNode.start({ app: APP });
    const id = await node.say("guest", "slow");
    const finding = await diagnosis(node, "handler.timed-out");
    expect(finding.text).toContain("handlers of desk do not return in their time");
    expect(finding.text).toContain(id);
  });

  test("3. a leaking worker: doctor names the worker and its memory", async () => {
    await using node = await ObservedNode.start({ app: APP, arguments: ["--worker-memory", "160mb"] });
    const hoarding = (async () => {
      for (let i = 0; i < 15; i++) await node.say(`guest-${i}`, "hoard");
    })();
    const finding = await diagnosis(node, "process.outgrown");
    expect(finding.text).toMatch(/^worker w0\S* outgrew its memory limit .* of 160 MB/);
    await hoarding;
  }, 30_000);

  test("4. a provider that answers 500: doctor names the connector and the status", async () => {
    await using provider = await FakeProvider.start();
    provider.usually({ kind: "fail", status: 500 });
    await using node = await ObservedNode.start({ app: APP, env: { TEST_PROVIDER_URL: provider.url } });
    await webhook(node, 1);
    const finding = await diagnosis(node, "delivery.retrying");
    expect(finding.text).toContain("deliveries by telegram fail and are tried again");
    expect(finding.text).toContain("HTTP 500");
    const breaker = await diagnosis(node, "breaker.opened");
    expect(breaker.text).toContain("telegram");
  }, 20_000);

  test("5. a stuck lease: doctor names the shard and its holder", async () => {
    await using node = await ObservedNode.start({ app: APP });
    const key = "guest";
    await node.say(key, "hello");
    const { shard } = await node.ask("actors.show", { actor: "desk", key });
    const db = new Database(join(node.process.dataFolder, "godwit.db"));
    db.run("pragma busy_timeout = 5000");
    db.run("insert into godwit_members values ('ghost/w9', 'ghost', ?)", [Date.now() + 600_000]);
    db.run("update godwit_leases set owner = 'ghost/w9', epoch = epoch + 1 where shard = ?", [shard]);
    db.close();
    await node.say(key, "anybody?");
    const finding = await diagnosis(node, "shards");
    expect(finding.text).toContain(`in shard ${shard}, held by ghost/w9`);
    const { stdout } = await node.cli("ps --shards --limit 500");
    expect(stdout).toMatch(new RegExp(`^${shard} +\\d+ +[1-9].*ghost/w9$`, "m"));
  });

  test("6. a slow socket: doctor says that one reads too slowly", async () => {
    await using node = await ObservedNode.start({ app: APP });
    const socket = await openSlowReader(Number(new URL(node.url).port), "room:1");
    const payload = { text: "x".repeat(250_000) };
    const flood = (async () => {
      while (!(await node.ask("health")).findings.some(({ check }) => check === "socket.slow")) {
        await node.http("POST", "/api/topics/room:1/broadcasts", { event: "news", payload });
      }
    })();
    const finding = await diagnosis(node, "socket.slow");
    expect(finding.text).toContain("reads more slowly than it is written to");
    await flood;
    socket.destroy();
  }, 20_000);

  test("8. a gap in a source's sequence: doctor names the source and the missing numbers", async () => {
    await using provider = await FakeProvider.start();
    await using node = await ObservedNode.start({ app: APP, env: { TEST_PROVIDER_URL: provider.url } });
    await webhook(node, 100);
    await webhook(node, 104);
    const finding = await diagnosis(node, "source.gap-passed");
    expect(finding.text).toContain("the source telegram left out numbers: numbers 101 to 103 never came");
  }, 20_000);
});

describe.skipIf(postgres.kind === "missing")(serviceTitle("the fault drill", postgres), () => {
  test("7. a store that is down: doctor says so, and the node is well again once it is back", async () => {
    const address = postgres.kind === "available" ? postgres.address : "";
    const name = `godwit_drill_${crypto.randomUUID().slice(0, 8)}`;
    const admin = new SQL(address, { max: 1 });
    await admin.unsafe(`create database ${name}`);
    const target = new URL(address);
    using proxy = new CuttingProxy({ hostname: target.hostname, port: Number(target.port || 5432) });
    const store = new URL(address);
    Object.assign(store, { hostname: "127.0.0.1", port: String(proxy.port), pathname: `/${name}` });
    {
      await using node = await ObservedNode.start({ app: APP, arguments: ["--store", store.href] });
      proxy.goDown();
      const finding = await diagnosis(node, "store");
      expect(finding.text).toContain("the store does not answer");
      expect((await node.cli("top --once")).stdout).toContain("✗ the store does not answer");
      proxy.comeBack();
      await node.until(
        () => node.ask("health"),
        ({ findings }) => !findings.some(({ check }) => check === "store"),
      );
    }
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.close();
  }, 60_000);
});
