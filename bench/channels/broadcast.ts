/** Broadcasts to many sockets of one topic: one at a time, and many at once. */
import { cpuSeconds } from "../measure/process-usage.ts";
import { median } from "../measure/statistics.ts";
import { kilo, note, printTable, type Row, ratio } from "../measure/table.ts";
import type { Contestant } from "./contestants.ts";
import { Crowd } from "./crowd.ts";

export interface BroadcastOptions {
  readonly receivers: number;
  readonly broadcasts: number;
  readonly repeats: number;
}

interface BroadcastFigures {
  /** Frames received, a CPU-second of all the server's processes. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
  /** Of one broadcast to all, ms. */
  readonly ms: number;
}

/** Of many broadcasts at once: one round is too short for the kernel's clock of CPU time. */
const ROUNDS = 10;
const PAYLOAD = { d: "x".repeat(100) };

export async function compareBroadcast(
  contestants: readonly Contestant[],
  reference: Contestant,
  options: BroadcastOptions,
): Promise<void> {
  const single = new Map<Contestant, readonly BroadcastFigures[]>();
  const many = new Map<Contestant, readonly BroadcastFigures[]>();
  for (const contestant of contestants) {
    const figures = await measureBroadcast(contestant, options);
    single.set(contestant, figures.single);
    many.set(contestant, figures.many);
  }
  const { receivers, broadcasts, repeats } = options;
  const about = `to ${receivers} sockets, medians of ${repeats}`;
  printTable(`broadcast ${about}: ${broadcasts}, one at a time`, rows(single, reference));
  printTable(`broadcast ${about}: ${broadcasts} at once`, rows(many, reference));
}

function rows(measured: ReadonlyMap<Contestant, readonly BroadcastFigures[]>, reference: Contestant): readonly Row[] {
  const of = (runs: readonly BroadcastFigures[], pick: (figures: BroadcastFigures) => number): number =>
    median(runs.map(pick));
  const perCpuSecond = (runs: readonly BroadcastFigures[]): number => of(runs, (figures) => figures.perCpuSecond);
  const bare = perCpuSecond(measured.get(reference) ?? []);
  return [...measured].map(([{ name }, runs]) => ({
    server: name,
    "frames a CPU-second": kilo(perCpuSecond(runs)),
    "of bare": ratio(perCpuSecond(runs), bare),
    "frames/s": kilo(of(runs, (figures) => figures.perSecond)),
    "ms a broadcast": of(runs, (figures) => figures.ms),
  }));
}

async function measureBroadcast(contestant: Contestant, options: BroadcastOptions) {
  const server = await contestant.start();
  try {
    await using crowd = await Crowd.gather(contestant, server);
    await crowd.grow(options.receivers);
    for (let i = 0; i < 3; i++) await crowd.broadcast(1, PAYLOAD); // Warm.
    const measured = { single: [] as BroadcastFigures[], many: [] as BroadcastFigures[] };
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      measured.single.push(await measureOnce(crowd, server.pids, options, 1, options.broadcasts));
      measured.many.push(await measureOnce(crowd, server.pids, options, options.broadcasts, ROUNDS));
      note("channels broadcast", {
        server: contestant.name,
        single: measured.single.at(-1),
        many: measured.many.at(-1),
      });
    }
    return measured;
  } finally {
    await server.stop();
  }
}

async function measureOnce(
  crowd: Crowd,
  pids: readonly number[],
  { receivers }: BroadcastOptions,
  atOnce: number,
  rounds: number,
): Promise<BroadcastFigures> {
  await Bun.sleep(500);
  const before = cpuSeconds(pids);
  let ms = 0;
  for (let round = 0; round < rounds; round++) ms += await crowd.broadcast(atOnce, PAYLOAD);
  await Bun.sleep(100); // What the server does once all have received, such as collecting garbage, is its cost too.
  const broadcasts = atOnce * rounds;
  const frames = receivers * broadcasts;
  return { perCpuSecond: frames / (cpuSeconds(pids) - before), perSecond: (frames / ms) * 1_000, ms: ms / broadcasts };
}
