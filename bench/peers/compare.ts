/**
 * `peers`: the work of `actors`, done by the queues that people use on Node, beside Godwit on the same PostgreSQL, in one run. Each has a producer and
 * a worker process, as Godwit has a gateway and a worker. A peer that does not keep the order of a key is shown, and not counted.
 */

import { measureEndToEnd } from "../actors/end-to-end.ts";
import { KEYS } from "../actors/workload.ts";
import { readOptions } from "../measure/options.ts";
import { cpuSeconds } from "../measure/process-usage.ts";
import { type Notice, Program } from "../measure/program.ts";
import { median } from "../measure/statistics.ts";
import { createTemporaryStore, DEFAULT_POSTGRES } from "../measure/stores.ts";
import { kilo, note, printTable, type Row, ratio } from "../measure/table.ts";
import { startRedis } from "./redis-server.ts";

const DEFAULTS = {
  postgres: DEFAULT_POSTGRES,
  messages: 20_000,
  "godwit-messages": 400_000,
  repeats: 3,
  only: "",
};

interface Peer {
  readonly name: string;
  readonly program: string;
  readonly ordered: "per key" | "over all" | "no";
  readonly settings: Readonly<Record<string, number>>;
  /** Fsynced Redis instead of PostgreSQL. */
  readonly redis?: "always" | "everysec";
}

/** Settings: the best that were found on two cores (bench/README.md). */
const PEERS: readonly Peer[] = [
  {
    name: "graphile-worker, a named queue a key",
    program: "peers/graphile-worker.mjs",
    ordered: "per key",
    settings: { concurrency: 20, localQueue: 500, batch: 1_000 },
  },
  {
    name: "pg-boss, key_strict_fifo",
    program: "peers/pg-boss.mjs",
    ordered: "per key",
    settings: { concurrency: 1, fetch: 1_000, batch: 1_000 },
  },
  {
    name: "BullMQ, concurrency 1, fsync always",
    program: "peers/bullmq.mjs",
    ordered: "over all",
    settings: { concurrency: 1, batch: 1_000 },
    redis: "always",
  },
  {
    name: "BullMQ, concurrency 50, fsync always",
    program: "peers/bullmq.mjs",
    ordered: "no",
    settings: { concurrency: 50, batch: 1_000 },
    redis: "always",
  },
  {
    name: "BullMQ, concurrency 50, fsync every second",
    program: "peers/bullmq.mjs",
    ordered: "no",
    settings: { concurrency: 50, batch: 1_000 },
    redis: "everysec",
  },
];

interface PeerFigures {
  readonly perSecond: number;
  readonly producerCpu: number;
  readonly workerCpu: number;
  readonly serverCpu: number;
  /** Messages that were begun after a later one of their key. */
  readonly misordered: number;
}

interface Stamp extends Notice {
  readonly atMs: number;
}

interface Committed extends Stamp {
  readonly misordered: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  const peers = PEERS.filter(({ name }) => name.includes(options.only));
  const measured = peers.map((): PeerFigures[] => []);
  const godwit: PeerFigures[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    godwit.push(await measureGodwit(options.postgres, options["godwit-messages"]));
    note("peers", { contestant: "godwit", ...godwit.at(-1) });
    for (const [i, peer] of peers.entries()) {
      measured[i]?.push(await measurePeer(peer, options));
      note("peers", { contestant: peer.name, ...measured[i]?.at(-1) });
    }
  }
  const reference = median(godwit.map(({ perSecond }) => perSecond));
  printTable(`peers, medians of ${options.repeats}`, [
    toRow("Godwit on PostgreSQL", "per key", godwit, reference),
    ...peers.map(({ name, ordered }, i) => toRow(name, ordered, measured[i] ?? [], reference)),
  ]);
}

function toRow(contestant: string, order: string, runs: readonly PeerFigures[], reference: number): Row {
  const of = (pick: (figures: PeerFigures) => number): number => median(runs.map(pick));
  const perSecond = of((figures) => figures.perSecond);
  return {
    contestant,
    "order kept": order,
    "out of order": of((figures) => figures.misordered),
    "messages/s": kilo(perSecond),
    "Godwit is": ratio(reference, perSecond),
    "producer CPU-s/M": of((figures) => figures.producerCpu),
    "worker CPU-s/M": of((figures) => figures.workerCpu),
    "server CPU-s/M": of((figures) => figures.serverCpu),
  };
}

async function measureGodwit(postgresUrl: string, messages: number): Promise<PeerFigures> {
  const figures = await measureEndToEnd("postgres", postgresUrl, {
    ...{ messages, keys: KEYS, callers: 250, perCall: 8, perSecond: 0 },
    ...{ dedupe: false, replies: "left" },
  });
  return { ...figures, producerCpu: figures.gatewayCpu, misordered: 0 };
}

async function measurePeer(peer: Peer, options: typeof DEFAULTS): Promise<PeerFigures> {
  if (peer.redis) {
    await using redis = await startRedis(peer.redis);
    return await measureAt(peer, redis.address, options.messages, async () => [redis.pid]);
  }
  await using store = await createTemporaryStore("postgres", options.postgres);
  return await measureAt(peer, store.place.address, options.messages, store.serverPids);
}

async function measureAt(
  peer: Peer,
  address: string,
  messages: number,
  serverPids: () => Promise<readonly number[]>,
): Promise<PeerFigures> {
  const given = { address, messages, keys: KEYS, ...peer.settings };
  const producer = Program.start(peer.program, { ...given, role: "producer" });
  await producer.next("ready");
  const worker = Program.start(peer.program, { ...given, role: "worker" });
  try {
    await worker.next("ready");
    producer.tell({ kind: "go" });
    const started = await producer.next<Stamp>("started");
    const committed = await worker.next<Committed>("committed");
    const millions = messages / 1e6;
    return {
      perSecond: messages / ((committed.atMs - started.atMs) / 1_000),
      producerCpu: cpuSeconds([producer.pid]) / millions,
      workerCpu: cpuSeconds([worker.pid]) / millions,
      serverCpu: cpuSeconds(await serverPids()) / millions,
      misordered: committed.misordered,
    };
  } finally {
    await Promise.all([worker.stop(), producer.stop()]);
  }
}
