import { expect, test } from "bun:test";
import { SqliteStore } from "../adapters/sqlite/index.ts";
import { Events, systemClock } from "../core/index.ts";
import { LaneRuntime, type LaneTarget } from "../lanes/index.ts";
import { encodeMeta, type NewMessage, shardOf } from "../store/index.ts";
import { type Behaviour, FakeProvider } from "../testing/index.ts";
import { deliveryTarget } from "./delivery-target.ts";
import { telegram } from "./telegram.ts";

const CHATS = ["1", "2", "3", "4", "5", "6", "7", "8"];
const QUESTIONS = 5;
const REPLIES = ["first", "second", "third"];

/** Stands for an actor: answers each message with three replies. */
function answering(shardCount: number): LaneTarget {
  return {
    stream: "in",
    name: "concierge",
    retry: { attempts: 1, backoff: { baseMs: 1, capMs: 1 }, retryable: () => false },
    onDead: "continue",
    timeoutMs: 1_000,
    concurrency: 100,
    run: ({ message: { key, body } }) => {
      const conversation = key.slice("telegram:".length);
      const meta = encodeMeta({ origin: { connector: "telegram", conversation } });
      const shard = shardOf(key, shardCount);
      const deliveries = REPLIES.map(
        (reply): NewMessage => ({ shard, target: "telegram", key, body: JSON.stringify(`${body}: ${reply}`), meta }),
      );
      return { kind: "done", effects: { deliveries } };
    },
  };
}

/** Every other request fails in some way; what counts against the breaker comes too seldom to open it. */
function moody(requests: number): readonly Behaviour[] {
  const moods: Readonly<Record<number, Behaviour>> = { 1: { kind: "fail", status: 503 }, 7: { kind: "drop" } };
  return Array.from({ length: requests }, (_, i): Behaviour => {
    if (i % 2 === 0) return { kind: "accept" };
    return moods[i % 12] ?? { kind: "throttle", retryAfterSeconds: 0 };
  });
}

test("a provider that fails every other request still gets each conversation's replies complete and in order", async () => {
  await using provider = await FakeProvider.start();
  const store = new SqliteStore({ path: ":memory:" });
  await store.start();
  const events = new Events();
  const total = CHATS.length * QUESTIONS * REPLIES.length;
  const allSent = Promise.withResolvers<void>();
  let sent = 0;
  events.on("delivery.sent", () => {
    sent += 1;
    if (sent === total) allSent.resolve();
  });
  const delivery = { rateLimit: false, backoff: { baseMs: 1, capMs: 5 }, attempts: 50 } as const;
  const bot = telegram({ to: "concierge", token: "1:t", secretToken: "s", baseUrl: provider.url, delivery }, {});
  const runtime = new LaneRuntime({
    store,
    clock: systemClock,
    events,
    member: { memberId: "worker-1", node: "node-1" },
    codeVersion: "1",
    targets: [answering(store.shardCount), deliveryTarget(bot, { events, storeId: store.storeId })],
  });
  provider.next(...moody(4 * total));
  try {
    await store.append(
      Array.from({ length: QUESTIONS }, (_, question) =>
        CHATS.map((chat) => {
          const key = `telegram:${chat}`;
          return {
            shard: shardOf(key, store.shardCount),
            target: "concierge",
            key,
            body: String(question),
            meta: null,
          };
        }),
      ).flat(),
      Date.now(),
    );
    await runtime.start();
    await allSent.promise;
    const expected = Array.from({ length: QUESTIONS }, (_, question) =>
      REPLIES.map((reply) => `${question}: ${reply}`),
    ).flat();
    for (const chat of CHATS) expect(provider.textsOf(chat)).toEqual(expected);
    expect(provider.requests.length).toBeGreaterThan(total);
    const keys = new Map(provider.requests.map((request) => [request.idempotencyKey, request.rawBody]));
    expect(keys.size).toBe(total);
    for (const request of provider.requests) expect(request.rawBody).toBe(keys.get(request.idempotencyKey) as string);
  } finally {
    await runtime.stop();
    await store.stop();
  }
});
