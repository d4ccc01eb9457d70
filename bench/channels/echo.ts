/** Pushes and their replies: every socket has one under way at any moment. With Godwit the handler runs in a worker process. */
import { cpuSeconds } from "../measure/process-usage.ts";
import { median, percentile } from "../measure/statistics.ts";
import { kilo, note, printTable, ratio } from "../measure/table.ts";
import type { Contestant } from "./contestants.ts";
import { Crowd } from "./crowd.ts";

export interface EchoOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly repeats: number;
}

interface EchoFigures {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const PAYLOAD = { d: "x".repeat(100) };

export async function compareEcho(
  contestants: readonly Contestant[],
  reference: Contestant,
  options: EchoOptions,
): Promise<void> {
  const measured = new Map<Contestant, readonly EchoFigures[]>();
  for (const contestant of contestants) measured.set(contestant, await measureEcho(contestant, options));
  const of = (contestant: Contestant, pick: (figures: EchoFigures) => number): number =>
    median((measured.get(contestant) ?? []).map(pick));
  const { clients, repeats, seconds } = options;
  printTable(
    `echo, ${clients} clients with one push under way each, ${seconds} s, medians of ${repeats}`,
    contestants.map((contestant) => {
      const perCpuSecond = of(contestant, (figures) => figures.perCpuSecond);
      return {
        server: contestant.name,
        "echoes a CPU-second": kilo(perCpuSecond),
        "of bare": ratio(
          perCpuSecond,
          of(reference, (figures) => figures.perCpuSecond),
        ),
        "echoes/s": kilo(of(contestant, (figures) => figures.perSecond)),
        "p50 ms": of(contestant, (figures) => figures.p50Ms),
        "p99 ms": of(contestant, (figures) => figures.p99Ms),
      };
    }),
  );
}

async function measureEcho(contestant: Contestant, options: EchoOptions): Promise<readonly EchoFigures[]> {
  const server = await contestant.start();
  try {
    await using crowd = await Crowd.gather(contestant, server);
    await crowd.grow(options.clients);
    await crowd.echo(2, PAYLOAD); // Warm.
    const runs: EchoFigures[] = [];
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      const before = cpuSeconds(server.pids);
      const { seconds, latencies } = await crowd.echo(options.seconds, PAYLOAD);
      runs.push({
        perCpuSecond: latencies.length / (cpuSeconds(server.pids) - before),
        perSecond: latencies.length / seconds,
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
      });
      note("channels echo", { server: contestant.name, ...runs.at(-1) });
    }
    return runs;
  } finally {
    await server.stop();
  }
}
