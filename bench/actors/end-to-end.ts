/**
 * `actors`: from the append in one process to the committed state and reply in another, beside the bare loop of the same store.
 * Two ways: as fast as it goes, and at a steady rate, for the latency.
 */

import { cpus } from "node:os";
import { readOptions } from "../measure/options.ts";
import { cpuSeconds, machineCpuSeconds, peakResidentBytes } from "../measure/process-usage.ts";
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
import { kilo, mebibytes, note, percent, printTable, type Row, ratio } from "../measure/table.ts";
import { type BareFigures, measureBare } from "./bare.ts";
import { KEYS } from "./workload.ts";

/** What the two processes are told. */
export interface ActorsOptions {
  readonly place: StorePlace;
  readonly messages: number;
  readonly keys: number;
  /** Callers side by side, and messages in each call. */
  readonly callers: number;
  readonly perCall: number;
  /** Each message brings an external id, which is looked up and remembered. */
  readonly dedupe: boolean;
  /** `left` in the outgoing streams, or `consumed` there by a target that does nothing. */
  readonly replies: "left" | "consumed";
  /** Messages offered a second; 0: as fast as they are taken. */
  readonly perSecond: number;
  /** Messages that may be accepted and not yet handled; callers wait at it. Default: no bound. */
  readonly window?: number;
  /** How long handled messages are kept, ms. Default: for ever, and the store is not maintained. */
  readonly keepMs?: number;
}

export interface Committed extends Notice {
  readonly kind: "committed";
  readonly atMs: number;
  /** From the start of its append to its commit, ms, one a message; empty unless the rate is steady. */
  readonly latencies: readonly number[];
}

/** Said by the worker once a second. */
export interface Progress extends Notice {
  readonly kind: "progress";
  readonly atMs: number;
  /** Messages, and replies where they are consumed. */
  readonly handled: number;
}

export interface Stamp extends Notice {
  readonly atMs: number;
}

export interface EndToEndFigures {
  readonly perSecond: number;
  /** CPU-seconds a million messages. */
  readonly gatewayCpu: number;
  readonly workerCpu: number;
  readonly serverCpu: number;
  readonly workerPeakBytes: number;
  /** Share of the machine's cores that was busy with what is not ours. */
  readonly otherLoad: number;
  readonly latencies: readonly number[];
}

const DEFAULTS = {
  store: "both",
  postgres: DEFAULT_POSTGRES,
  messages: 400_000,
  batch: 500,
  callers: 250,
  "per-call": 8,
  repeats: 3,
  "latency-rate": 2_000,
  "latency-seconds": 20,
};

const VARIANTS: readonly (Pick<ActorsOptions, "dedupe" | "replies"> & { readonly name: string })[] = [
  { name: "replies left in the lane", dedupe: false, replies: "left" },
  { name: "replies consumed", dedupe: false, replies: "consumed" },
  { name: "deduplicated, replies consumed", dedupe: true, replies: "consumed" },
];

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  for (const kind of storeKinds(options.store)) {
    await compareThroughput(kind, options);
    if (options["latency-seconds"] > 0) await showLatency(kind, options);
  }
}

type Options = { readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] };

async function compareThroughput(kind: StoreKind, options: Options): Promise<void> {
  const bare: BareFigures[] = [];
  const godwit = VARIANTS.map((): EndToEndFigures[] => []);
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    bare.push(await measureBare(kind, options.postgres, { messages: options.messages, batch: options.batch }));
    note("actors", { kind, contestant: "bare", ...bare.at(-1) });
    for (const [i, variant] of VARIANTS.entries()) {
      const figures = await measureEndToEnd(kind, options.postgres, { ...common(options), ...variant, perSecond: 0 });
      godwit[i]?.push(figures);
      note("actors", { kind, contestant: variant.name, ...figures, latencies: undefined });
    }
  }
  printTable(`${kind}, end to end, medians of ${options.repeats}`, rows(bare, godwit));
}

function rows(bare: readonly BareFigures[], godwit: readonly (readonly EndToEndFigures[])[]): readonly Row[] {
  const limit = median(bare.map((figures) => figures.perSecond));
  const head: Row = {
    contestant: "bare loop",
    "messages/s": kilo(limit),
    "of bare": "1",
    "gateway CPU-s/M": "",
    "worker CPU-s/M": median(bare.map((figures) => figures.loopCpu)),
    "server CPU-s/M": median(bare.map((figures) => figures.serverCpu)),
    "worker peak": "",
    "other load": "",
  };
  return [
    head,
    ...godwit.map((runs, i) => {
      const of = (pick: (figures: EndToEndFigures) => number): number => median(runs.map(pick));
      return {
        contestant: VARIANTS[i]?.name ?? "",
        "messages/s": kilo(of((figures) => figures.perSecond)),
        "of bare": ratio(
          of((figures) => figures.perSecond),
          limit,
        ),
        "gateway CPU-s/M": of((figures) => figures.gatewayCpu),
        "worker CPU-s/M": of((figures) => figures.workerCpu),
        "server CPU-s/M": of((figures) => figures.serverCpu),
        "worker peak": mebibytes(of((figures) => figures.workerPeakBytes)),
        "other load": percent(of((figures) => figures.otherLoad)),
      };
    }),
  ];
}

async function showLatency(kind: StoreKind, options: Options): Promise<void> {
  const perSecond = options["latency-rate"];
  const messages = perSecond * options["latency-seconds"];
  const lines: Row[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const variant = { dedupe: true, replies: "consumed" } as const;
    const figures = await measureEndToEnd(kind, options.postgres, {
      ...common(options),
      ...variant,
      messages,
      perSecond,
    });
    const at = (share: number): number => percentile(figures.latencies, share);
    lines.push({
      run: String(repeat + 1),
      "p50 ms": at(0.5),
      "p99 ms": at(0.99),
      "p99.9 ms": at(0.999),
      "max ms": at(1),
      "gateway CPU-s/M": figures.gatewayCpu,
      "worker CPU-s/M": figures.workerCpu,
      "server CPU-s/M": figures.serverCpu,
      "other load": percent(figures.otherLoad),
    });
    note("actors latency", { kind, ...lines.at(-1) });
  }
  printTable(`${kind}, ${perSecond}/s offered, accepted → committed (deduplicated, replies consumed)`, lines);
}

function common(options: Options): Pick<ActorsOptions, "messages" | "keys" | "callers" | "perCall"> {
  return { messages: options.messages, keys: KEYS, callers: options.callers, perCall: options["per-call"] };
}

export async function measureEndToEnd(
  kind: StoreKind,
  postgresUrl: string,
  options: Omit<ActorsOptions, "place">,
): Promise<EndToEndFigures> {
  await using temporary = await createTemporaryStore(kind, postgresUrl);
  const { place } = temporary;
  const gateway = Program.start("actors/gateway-process.ts", { ...options, place });
  await gateway.next("ready");
  const worker = Program.start("actors/worker-process.ts", { ...options, place });
  try {
    await worker.next("ready");
    const sampler = await sampleCosts(gateway, worker, temporary.serverPids);
    gateway.tell({ kind: "go" });
    const started = await gateway.next<Stamp>("started");
    await gateway.next<Stamp>("accepted");
    const committed = await worker.next<Committed>("committed");
    const millions = options.messages / 1e6;
    const costs = await sampler();
    await requireExact(place, options.messages);
    return {
      perSecond: options.messages / ((committed.atMs - started.atMs) / 1_000),
      gatewayCpu: costs.gateway / millions,
      workerCpu: costs.worker / millions,
      serverCpu: costs.server / millions,
      workerPeakBytes: peakResidentBytes(worker.pid),
      otherLoad: costs.others / (cpus().length * costs.seconds),
      latencies: committed.latencies,
    };
  } finally {
    await Promise.all([worker.stop(), gateway.stop()]);
  }
}

/** CPU-seconds of each process from now until the returned function is called. */
async function sampleCosts(gateway: Program, worker: Program, serverPids: () => Promise<readonly number[]>) {
  const sample = async () => ({
    gateway: cpuSeconds([gateway.pid]),
    worker: cpuSeconds([worker.pid]),
    server: cpuSeconds(await serverPids()),
    own: cpuSeconds([process.pid]),
    machine: machineCpuSeconds(),
    atMs: performance.now(),
  });
  const before = await sample();
  return async () => {
    const after = await sample();
    const [gateway, worker, server] = [
      after.gateway - before.gateway,
      after.worker - before.worker,
      after.server - before.server,
    ];
    const ours = gateway + worker + server + after.own - before.own;
    return {
      ...{ gateway, worker, server },
      others: Math.max(0, after.machine - before.machine - ours),
      seconds: (after.atMs - before.atMs) / 1_000,
    };
  };
}

/** A figure of something that lost or repeated a message is none. */
async function requireExact(place: StorePlace, messages: number): Promise<void> {
  const store = openStore(place, "check");
  await store.start();
  try {
    let counted = 0;
    let after: string | undefined;
    do {
      const page = await store.states("counter", "", { limit: 1_000, ...(after !== undefined && { after }) });
      for (const { body } of page.rows) counted += (JSON.parse(body) as { count: number }).count;
      after = page.next;
    } while (after !== undefined);
    if (counted !== messages) throw new Error(`${messages} messages were sent, the states have counted ${counted}`);
  } finally {
    await store.stop();
  }
}
