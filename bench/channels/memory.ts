/** What a joined socket costs in memory when nothing happens on it. */
import { residentBytes } from "../measure/process-usage.ts";
import { median } from "../measure/statistics.ts";
import { note, printTable, type Row } from "../measure/table.ts";
import type { Contestant } from "./contestants.ts";
import { Crowd } from "./crowd.ts";

export interface MemoryOptions {
  readonly sockets: number;
  readonly repeats: number;
  /** Until the runtime has given back what connecting took. */
  readonly "settle-seconds": number;
}

interface MemoryFigures {
  /** Over what the process took before the first socket, KiB a socket. */
  readonly overall: number;
  /** Of the last two thirds of the sockets alone. */
  readonly each: number;
  /** What the workers grew by, KiB a socket. */
  readonly worker: number;
}

export async function compareMemory(contestants: readonly Contestant[], options: MemoryOptions): Promise<void> {
  const rows: Row[] = [];
  for (const contestant of contestants) {
    const runs: MemoryFigures[] = [];
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      runs.push(await measureMemory(contestant, options));
      note("channels memory", { contestant: contestant.name, ...runs.at(-1) });
    }
    rows.push({
      server: contestant.name,
      "KiB a socket": median(runs.map(({ overall }) => overall)),
      "KiB each further one": median(runs.map(({ each }) => each)),
      "worker KiB a socket": median(runs.map(({ worker }) => worker)),
    });
  }
  printTable(`memory of ${options.sockets} joined idle sockets (RSS), medians of ${options.repeats}`, rows);
}

async function measureMemory(contestant: Contestant, options: MemoryOptions): Promise<MemoryFigures> {
  const server = await contestant.start();
  try {
    await using crowd = await Crowd.gather(contestant, server);
    for (let i = 0; i < 10; i++) await fetch(`http://127.0.0.1:${server.port}/livez`);
    const sample = () => ({ sockets: resident(server.socketPids), all: resident(server.pids) });
    const before = sample();
    const third = Math.round(options.sockets / 3);
    await crowd.grow(third);
    await Bun.sleep(options["settle-seconds"] * 1_000);
    const early = sample();
    await crowd.grow(options.sockets);
    await Bun.sleep(options["settle-seconds"] * 1_000);
    const late = sample();
    const kib = (bytes: number, sockets: number): number => bytes / 1_024 / sockets;
    return {
      overall: kib(late.sockets - before.sockets, options.sockets),
      each: kib(late.sockets - early.sockets, options.sockets - third),
      worker: kib(late.all - late.sockets - (before.all - before.sockets), options.sockets),
    };
  } finally {
    await server.stop();
  }
}

function resident(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
}
