// BullMQ: one queue. Its free edition keeps an order only over the whole queue, with one worker of concurrency 1 (groups, one a key, are in the paid one);
// with a higher concurrency two messages of a key may run at once, and their order is lost. State and reply are kept in the same Redis, in one script.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { heard, options, say } from "./channel.mjs";
import { bringAll, OrderWatch } from "./work.mjs";

const QUEUE = "count";
const connect = () => new Redis(options.address, { maxRetriesPerRequest: null });

const HANDLE = `
  local count = redis.call('hincrby', 'state', KEYS[1], ARGV[1])
  return redis.call('rpush', 'outbox', cjson.encode({ key = KEYS[1], text = ARGV[2], n = count }))`;

async function produce() {
  const queue = new Queue(QUEUE, { connection: connect() });
  await queue.waitUntilReady();
  say({ kind: "ready" });
  await heard("go");
  say({ kind: "started", atMs: Date.now() });
  await bringAll(options, (messages) =>
    queue.addBulk(messages.map((message) => ({ name: "count", data: message, opts: { removeOnComplete: true } }))),
  );
  say({ kind: "accepted", atMs: Date.now() });
}

async function work() {
  const order = new OrderWatch();
  let handled = 0;
  const state = connect();
  state.defineCommand("handle", { numberOfKeys: 1, lua: HANDLE });
  const handle = ({ data }) => {
    order.started(data);
    return state.handle(data.key, data.n, data.text.slice(0, 80));
  };
  const worker = new Worker(QUEUE, handle, {
    connection: connect(),
    concurrency: options.concurrency,
  });
  worker.on("completed", () => {
    handled += 1;
    if (handled === options.messages) say({ kind: "committed", atMs: Date.now(), misordered: order.misordered });
  });
  worker.on("error", (error) => console.error("bullmq:", error.message));
  await worker.waitUntilReady();
  say({ kind: "ready" });
}

await (options.role === "producer" ? produce() : work());
