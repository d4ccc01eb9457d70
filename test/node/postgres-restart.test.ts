/** PostgreSQL is restarted, and crashes, under load: the node goes on by itself, and what it had accepted is there. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { SQL } from "bun";
import { FakeProvider } from "../../src/testing/index.ts";
import { sendTelegram } from "./chat-client.ts";
import { NodeProcess } from "./node-process.ts";
import { findPostgresPrograms, PostgresServer } from "./postgres-server.ts";

const APP = join(import.meta.dir, "fixtures/echo-app.ts");
const CONVERSATIONS = 10;
const PER_CONVERSATION = 40;

const programs = findPostgresPrograms();
const title =
  programs === undefined
    ? "a node whose PostgreSQL goes away (skipped: no initdb found)"
    : "a node whose PostgreSQL goes away";

describe.skipIf(programs === undefined)(title, () => {
  test.each(["fast", "immediate"] as const)(
    "refuses clearly while it is away (%s stop), and goes on by itself",
    async (mode) => {
      await using postgres = await PostgresServer.start(programs as string);
      await using provider = await FakeProvider.start();
      await using node = await NodeProcess.start({
        app: APP,
        arguments: ["--store", postgres.url],
        env: { TEST_PROVIDER_URL: provider.url },
      });
      const refusals = new Set<string>();
      const isDown = Promise.withResolvers<void>();
      const sending = Promise.all(
        Array.from({ length: CONVERSATIONS }, (_, chat) => converse(node.url, chat + 1, refusals, isDown.promise)),
      );
      await provider.received(60);
      await postgres.down(mode);
      isDown.resolve();
      await refused(refusals);
      await postgres.up();
      await sending;
      await provider.received(CONVERSATIONS * PER_CONVERSATION);
      while (provider.deliveries.length < CONVERSATIONS * PER_CONVERSATION)
        await provider.received(provider.requests.length + 1);
      const expected = Array.from({ length: PER_CONVERSATION }, (_, i) => `${i + 1}:message ${i}`);
      for (let chat = 1; chat <= CONVERSATIONS; chat++) expect(provider.textsOf(String(chat))).toEqual(expected);
      expect([...refusals]).toEqual(["503 store_unavailable"]);
      await expectHandledOnce(postgres.url);
    },
    90_000,
  );
});

/** Sends one conversation's messages in order, each until it is accepted, and notes what it was refused with. */
async function converse(url: string, chat: number, refusals: Set<string>, isDown: Promise<void>): Promise<void> {
  for (let i = 0; i < PER_CONVERSATION; ) {
    // A fast machine has accepted everything before the server is down: the last one is kept for that moment.
    if (i === PER_CONVERSATION - 1) await isDown;
    const answer = await sendTelegram(url, chat * 1_000 + i, chat, `message ${i}`);
    if (answer.status === 200) {
      i++;
      continue;
    }
    const { error } = (await answer.json()) as { error: { code: string } };
    refusals.add(`${answer.status} ${error.code}`);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    await Bun.sleep(50); // A provider's pause between tries; nothing is asserted on it.
  }
}

async function refused(refusals: ReadonlySet<string>): Promise<void> {
  while (refusals.size === 0) await Bun.sleep(10);
}

async function expectHandledOnce(url: string): Promise<void> {
  await using sql = new SQL(url, { max: 1 });
  const [row] = await sql`select count(*)::int as n, count(distinct id)::int as ids from handled`;
  expect(row).toEqual({ n: CONVERSATIONS * PER_CONVERSATION, ids: CONVERSATIONS * PER_CONVERSATION });
}
