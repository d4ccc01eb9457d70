/** The accepting half: appends through the same `Appender` that a gateway has, and wakes the worker over the same link. */
import { join } from "node:path";
import { listenLink } from "godwit/adapters/bun";
import { Events, systemClock } from "godwit/core";
import { Appender, buildRequest } from "godwit/log";
import type { AppendRequest } from "godwit/store";
import type { Link } from "godwit/wire";
import { heard, programOptions, say } from "../measure/program.ts";
import { openStore } from "../measure/stores.ts";
import { CONNECTOR } from "./counter.ts";
import type { ActorsOptions, Stamp } from "./end-to-end.ts";
import { keyOf, MESSAGE } from "./workload.ts";

const options = programOptions<ActorsOptions>();
const links: (() => Link)[] = [];
/** By the worker, replies included where they are consumed. */
let handled = 0;
const waiting: (() => void)[] = [];
const handledPerMessage = options.replies === "consumed" ? 2 : 1;
const store = openStore(options.place, "gateway");
await store.start();
const shardCount = store.shardCount;
const appender = new Appender({
  store,
  clock: systemClock,
  events: new Events(),
  onGrown: (shards) => {
    for (const link of links) link().notify("wake", shards);
  },
});
listenLink(join(options.place.folder, "link.sock"), systemClock, (link) => {
  links.push(link);
  return {
    peer: "the worker",
    onNotification: (_kind, count) => {
      handled = count as number;
      for (const resume of waiting.splice(0)) resume();
    },
    onRequest: () => {},
  };
});

let next = 0;

function nextRequests(count: number): readonly AppendRequest[] {
  const requests: AppendRequest[] = [];
  for (; requests.length < count && next < options.messages; next++) requests.push(requestOf(next));
  return requests;
}

function requestOf(i: number): AppendRequest {
  const key = keyOf(i, options.keys);
  const meta = { origin: { connector: CONNECTOR, conversation: key } };
  const dedupe = options.dedupe ? { dedupe: { source: "bench", externalId: `m-${i}` } } : {};
  return buildRequest({ target: "counter", key, body: MESSAGE, meta, ...dedupe }, shardCount);
}

/** A caller waits for its messages to be durable before it brings the next ones. */
async function caller(): Promise<void> {
  for (;;) {
    const requests = nextRequests(options.perCall);
    if (requests.length === 0) return;
    await appender.append(requests);
    while (next - handled / handledPerMessage > (options.window ?? Number.POSITIVE_INFINITY)) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }
}

/** Brings messages at a steady rate, each in a call of its own, whether or not the earlier ones are durable yet. */
async function steadily(perSecond: number): Promise<void> {
  const startedAt = performance.now();
  const calls: Promise<unknown>[] = [];
  while (next < options.messages) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
    while (next < Math.min(due, options.messages)) calls.push(appender.append(nextRequests(1)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(calls);
}

/** As a node does, with segments as short as the retention. */
async function maintain(keepMs: number): Promise<void> {
  const policy = { keepMs, segmentMs: keepMs, dedupeWindowMs: keepMs };
  for (;;) {
    await Bun.sleep(keepMs / 4);
    await store.maintain(policy, Date.now());
  }
}

if (options.keepMs !== undefined) void maintain(options.keepMs);
say({ kind: "ready" });
await heard("go");
say({ kind: "started", atMs: Date.now() } satisfies Stamp);
if (options.perSecond > 0) await steadily(options.perSecond);
else await Promise.all(Array.from({ length: options.callers }, caller));
say({ kind: "accepted", atMs: Date.now() } satisfies Stamp);
await heard("end");
