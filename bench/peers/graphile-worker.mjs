// graphile-worker: a named queue a key, which keeps its order. Fetching and completing are batched (`localQueue`, the batch delays); the
// handler writes state and reply in one statement of its own transaction, so a crash between that and the completion repeats the message.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { heard, options, say } from "./channel.mjs";
import { bringAll, CREATE_TABLES, HANDLE_ONE, OrderWatch } from "./work.mjs";

const silent = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString: options.address, max: options.concurrency + 4 });
const report = (error) => console.error("graphile-worker:", error.message);
pool.on("error", report);
pool.on("connect", (client) => client.on("error", report));

async function produce() {
  const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
  await utils.migrate();
  await pool.query(CREATE_TABLES);
  say({ kind: "ready" });
  await heard("go");
  say({ kind: "started", atMs: Date.now() });
  await bringAll(options, (messages) =>
    utils.addJobs(messages.map((message) => ({ identifier: "count", queueName: message.key, payload: message }))),
  );
  say({ kind: "accepted", atMs: Date.now() });
}

async function work() {
  const order = new OrderWatch();
  let handled = 0;
  await run({
    pgPool: pool,
    logger: silent,
    noHandleSignals: true,
    preset: {
      worker: {
        concurrentJobs: options.concurrency,
        pollInterval: 100,
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        ...(options.localQueue > 0 && { localQueue: { size: options.localQueue } }),
      },
    },
    taskList: {
      count: async (message) => {
        const { key, n, text } = message;
        order.started(message);
        await pool.query({ name: "handle", text: HANDLE_ONE, values: [key, n, text.slice(0, 80)] });
        handled += 1;
        if (handled === options.messages) say({ kind: "committed", atMs: Date.now(), misordered: order.misordered });
      },
    },
  });
  say({ kind: "ready" });
}

await (options.role === "producer" ? produce() : work());
