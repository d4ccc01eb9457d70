// pg-boss: one queue of policy `key_strict_fifo`, the key as singleton key. A batch holds at most one message of a key; its handler writes all
// states and replies in one statement, in one transaction with the batch's completion (`transactional`).
import pg from "pg";
import { PgBoss } from "pg-boss";
import { heard, options, say } from "./channel.mjs";
import { bringAll, CREATE_TABLES, HANDLE_MANY, OrderWatch } from "./work.mjs";

const QUEUE = "count";
const boss = new PgBoss({ connectionString: options.address, max: options.concurrency + 4 });
boss.on("error", (error) => console.error("pg-boss:", error.message));

async function produce() {
  await boss.start();
  await boss.createQueue(QUEUE, { policy: "key_strict_fifo" });
  const client = new pg.Client(options.address);
  await client.connect();
  await client.query(CREATE_TABLES);
  await client.end();
  say({ kind: "ready" });
  await heard("go");
  say({ kind: "started", atMs: Date.now() });
  await bringAll(options, (messages) =>
    boss.insert(
      QUEUE,
      messages.map((message) => ({ singletonKey: message.key, data: message })),
    ),
  );
  say({ kind: "accepted", atMs: Date.now() });
}

async function work() {
  const order = new OrderWatch();
  let handled = 0;
  await boss.start();
  const workOptions = {
    batchSize: options.fetch,
    localConcurrency: options.concurrency,
    pollingIntervalSeconds: 0.5,
    burstWhenBatchFull: true,
    burstWhenReadyExceeds: 1,
    transactional: true,
  };
  await boss.work(QUEUE, workOptions, async (jobs, db) => {
    const data = jobs.map((job) => job.data);
    for (const message of data) order.started(message);
    await db.executeSql(HANDLE_MANY, [
      data.map(({ key }) => key),
      data.map(({ n }) => n),
      data.map(({ text }) => text.slice(0, 80)),
    ]);
    handled += jobs.length;
    if (handled >= options.messages) say({ kind: "committed", atMs: Date.now(), misordered: order.misordered });
  });
  say({ kind: "ready" });
}

await (options.role === "producer" ? produce() : work());
