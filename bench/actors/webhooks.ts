/**
 * `webhooks`: signed webhooks into a real node over keep-alive connections; 200 only after the fsync. The counter handles them beside that, and its
 * replies go to a sink inside the node, or are delivered over HTTP.
 */
import { GodwitNode } from "../measure/godwit-node.ts";
import { readOptions } from "../measure/options.ts";
import { cpuSeconds } from "../measure/process-usage.ts";
import { type Notice, Program } from "../measure/program.ts";
import { median, percentile } from "../measure/statistics.ts";
import {
  createTemporaryStore,
  DEFAULT_POSTGRES,
  openStore,
  type StoreKind,
  type StorePlace,
  storeKinds,
} from "../measure/stores.ts";
import { kilo, note, printTable, type Row } from "../measure/table.ts";
import type { Posted, WebhookClientOptions } from "./webhook-client.ts";
import { KEYS, WEBHOOK_SECRET } from "./workload.ts";

const DEFAULTS = {
  store: "both",
  postgres: DEFAULT_POSTGRES,
  messages: 200_000,
  connections: 256,
  repeats: 3,
  /** Also with replies delivered to an HTTP server. */
  deliver: true,
};

interface WebhookFigures {
  readonly acceptedPerSecond: number;
  /** Until the last reply has been taken, too. */
  readonly handledPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly gatewayCpu: number;
  readonly workerCpu: number;
  readonly serverCpu: number;
  readonly clientCpu: number;
}

type Options = typeof DEFAULTS;

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  for (const kind of storeKinds(options.store)) {
    const rows: Row[] = [];
    for (const delivered of options.deliver ? [false, true] : [false]) {
      const runs: WebhookFigures[] = [];
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        runs.push(await measureWebhooks(kind, delivered, options));
        note("webhooks", { kind, delivered, ...runs.at(-1) });
      }
      rows.push(toRow(delivered, runs));
    }
    printTable(`${kind}: ${options.connections} connections, medians of ${options.repeats}`, rows);
  }
}

function toRow(delivered: boolean, runs: readonly WebhookFigures[]): Row {
  const of = (pick: (figures: WebhookFigures) => number): number => median(runs.map(pick));
  return {
    replies: delivered ? "delivered over HTTP" : "to a sink in the node",
    "accepted/s": kilo(of((figures) => figures.acceptedPerSecond)),
    "handled/s": kilo(of((figures) => figures.handledPerSecond)),
    "p50 ms": of((figures) => figures.p50Ms),
    "p99 ms": of((figures) => figures.p99Ms),
    "gateway CPU-s/M": of((figures) => figures.gatewayCpu),
    "worker CPU-s/M": of((figures) => figures.workerCpu),
    "server CPU-s/M": of((figures) => figures.serverCpu),
    "client CPU-s/M": of((figures) => figures.clientCpu),
  };
}

async function measureWebhooks(kind: StoreKind, delivered: boolean, options: Options): Promise<WebhookFigures> {
  const { messages, connections } = options;
  await using temporary = await createTemporaryStore(kind, options.postgres);
  const { place } = temporary;
  const sink = Program.start("actors/webhook-sink.ts", {});
  const { url } = await sink.next<Notice & { readonly url: string }>("listening");
  const node = await GodwitNode.start({
    app: "actors/webhook-app.ts",
    dataFolder: place.folder,
    store: kind === "sqlite" ? "sqlite" : place.address,
    env: delivered ? { BENCH_DELIVER_URL: url } : {},
  });
  const clientOptions: WebhookClientOptions = {
    port: node.port,
    secret: WEBHOOK_SECRET,
    messages,
    keys: KEYS,
    connections,
  };
  const client = Program.start("actors/webhook-client.ts", clientOptions);
  try {
    await client.next("ready");
    const costs = async () => [
      cpuSeconds([node.pid]),
      cpuSeconds(node.children),
      cpuSeconds(await temporary.serverPids()),
      cpuSeconds([client.pid]),
    ];
    const before = await costs();
    client.tell({ kind: "go" });
    const posted = await client.next<Posted>("posted");
    if (posted.refused > 0) throw new Error(`${posted.refused} webhooks were refused`);
    const handledAtMs = await untilHandled(place, messages);
    const after = await costs();
    const [gatewayCpu = 0, workerCpu = 0, serverCpu = 0, clientCpu = 0] = after.map(
      (seconds, i) => (seconds - (before[i] ?? 0)) / (messages / 1e6),
    );
    return {
      acceptedPerSecond: messages / ((posted.atMs - posted.startedAtMs) / 1_000),
      handledPerSecond: messages / ((handledAtMs - posted.startedAtMs) / 1_000),
      p50Ms: percentile(posted.latencies, 0.5),
      p99Ms: percentile(posted.latencies, 0.99),
      ...{ gatewayCpu, workerCpu, serverCpu, clientCpu },
    };
  } finally {
    await client.stop();
    await node.stop();
    await sink.stop();
  }
}

/** When all messages and all replies have been handled: both count in the streams, and the replies lie in one of them. */
async function untilHandled(place: StorePlace, messages: number): Promise<number> {
  const store = openStore(place, "check");
  await store.start();
  try {
    for (;;) {
      const shards = await store.shards();
      const handled = shards.reduce((sum, { cursor }) => sum + cursor.in + cursor.out, 0);
      if (handled === 2 * messages) return Date.now();
      if (handled > 2 * messages) throw new Error(`${handled} messages and replies of ${messages} of each`);
      await Bun.sleep(100);
    }
  } finally {
    await store.stop();
  }
}
