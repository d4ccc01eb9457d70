/** Promises 1 to 3 under `kill -9`: accepted is durable, in order per conversation, exactly once inside. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { FakeProvider } from "../../src/testing/index.ts";
import { deliver, sendTelegram } from "./chat-client.ts";
import { NodeProcess, temporaryFolder } from "./node-process.ts";

const APP = join(import.meta.dir, "fixtures/echo-app.ts");
const CONVERSATIONS = 20;
const MESSAGES = 1_000;
const PER_CONVERSATION = MESSAGES / CONVERSATIONS;

/** Each conversation sends its messages one after the other, as providers do, each until it is accepted; conversations run side by side. */
async function converse(url: () => string): Promise<void> {
  const conversations = Array.from({ length: CONVERSATIONS }, async (_, chat) => {
    for (let i = 0; i < PER_CONVERSATION; i++) {
      const updateId = 1 + chat * PER_CONVERSATION + i;
      await deliver(() => sendTelegram(url(), updateId, chat + 1, `message ${i}`));
    }
  });
  await Promise.all(conversations);
}

/** What each conversation must have been answered: its own count, in order, without a hole or a double. */
function expectedReplies(): readonly string[] {
  return Array.from({ length: PER_CONVERSATION }, (_, i) => `${i + 1}:message ${i}`);
}

async function allDelivered(provider: FakeProvider): Promise<void> {
  for (let requests = MESSAGES; provider.deliveries.length < MESSAGES; requests++) await provider.received(requests);
}

function expectComplete(provider: FakeProvider): void {
  for (let chat = 1; chat <= CONVERSATIONS; chat++) expect(provider.textsOf(String(chat))).toEqual(expectedReplies());
  expectStableKeys(provider);
}

/** A request that was made twice says the same under the same key, and a key never names two things. */
function expectStableKeys(provider: FakeProvider): void {
  const meaning = new Map<string, string>();
  for (const { idempotencyKey, rawBody } of provider.requests) {
    expect(idempotencyKey).toBeString();
    expect(meaning.get(idempotencyKey as string) ?? rawBody).toBe(rawBody);
    meaning.set(idempotencyKey as string, rawBody);
  }
  expect(meaning.size).toBe(MESSAGES);
}

function expectHandledOnce(dataFolder: string): void {
  using db = new Database(join(dataFolder, "godwit.db"), { readonly: true });
  expect(db.query("select count(*) as n, count(distinct id) as ids from handled").get()).toEqual({
    n: MESSAGES,
    ids: MESSAGES,
  });
}

/** Calls `strike` each time another `every` requests have reached the provider, `times` times. */
async function strikeOnTheWay(
  provider: FakeProvider,
  every: number,
  times: number,
  strike: () => Promise<void>,
): Promise<void> {
  for (let i = 1; i <= times; i++) {
    await provider.received(i * every);
    await strike();
  }
}

describe("a node under kill -9", () => {
  test("answers every conversation completely and in order when its worker is killed on the way", async () => {
    await using provider = await FakeProvider.start();
    await using node = await NodeProcess.start({ app: APP, env: { TEST_PROVIDER_URL: provider.url } });
    const killed: number[] = [];
    const strikes = strikeOnTheWay(provider, 200, 4, async () => {
      const [worker] = await node.workers();
      if (worker === undefined) return;
      process.kill(worker, "SIGKILL");
      killed.push(worker);
    });
    await Promise.all([converse(() => node.url), strikes]);
    await allDelivered(provider);
    expect(killed.length).toBeGreaterThanOrEqual(3);
    expectComplete(provider);
    expectHandledOnce(node.dataFolder);
  }, 60_000);

  test("goes on where it stood when the whole node is killed and started again", async () => {
    await using provider = await FakeProvider.start();
    const dataFolder = await temporaryFolder();
    const start = () => NodeProcess.start({ app: APP, dataFolder, env: { TEST_PROVIDER_URL: provider.url } });
    let node = await start();
    const strikes = strikeOnTheWay(provider, 300, 2, async () => {
      await node.kill();
      node = await start();
    });
    await Promise.all([converse(() => node.url), strikes]);
    await allDelivered(provider);
    expectComplete(provider);
    expectHandledOnce(dataFolder);
    await node[Symbol.asyncDispose]();
  }, 60_000);
});
