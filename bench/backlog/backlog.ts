/**
 * `backlog`: everything is accepted before anybody handles it, then one worker works it off. Does it get slower on the way, and does its
 * memory stay bounded?
 */
import type { ActorsOptions, Committed, Progress, Stamp } from "../actors/end-to-end.ts";
import { readOptions } from "../measure/options.ts";
import { peakResidentBytes, residentBytes } from "../measure/process-usage.ts";
import { Program } from "../measure/program.ts";
import { createTemporaryStore, DEFAULT_POSTGRES, type StoreKind, storeKinds } from "../measure/stores.ts";
import { kilo, mebibytes, note, printTable, type Row, ratio } from "../measure/table.ts";

const DEFAULTS = {
  store: "both",
  postgres: DEFAULT_POSTGRES,
  messages: 5_000_000,
  keys: 1_000_000,
  /** Of the backlog, at its start and at its end, over which a throughput is taken. */
  share: 0.1,
};

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  const rows: Row[] = [];
  for (const kind of storeKinds(options.store)) {
    rows.push(await measureBacklog(kind, options));
    note("backlog", rows.at(-1) ?? {});
  }
  printTable(`a backlog of ${options.messages} messages over ${options.keys} keys, replies consumed`, rows);
}

async function measureBacklog(kind: StoreKind, options: typeof DEFAULTS): Promise<Row> {
  await using temporary = await createTemporaryStore(kind, options.postgres);
  const { messages, keys, share } = options;
  const given: ActorsOptions = {
    ...{ place: temporary.place, messages, keys, callers: 250, perCall: 8, perSecond: 0 },
    ...{ dedupe: false, replies: "consumed" },
  };
  const gateway = Program.start("actors/gateway-process.ts", given);
  await gateway.next("ready");
  gateway.tell({ kind: "go" });
  const started = await gateway.next<Stamp>("started");
  const accepted = await gateway.next<Stamp>("accepted");
  const worker = Program.start("actors/worker-process.ts", given);
  try {
    const total = 2 * messages;
    const samples = await workOff(worker, total);
    const peak = peakResidentBytes(worker.pid);
    const atStart = speed(samples, 0, share * total);
    const atEnd = speed(samples, (1 - share) * total, total);
    return {
      store: kind,
      "accepted/s": kilo(messages / ((accepted.atMs - started.atMs) / 1_000)),
      "messages/s at the start": kilo(atStart / 2),
      "at the end": kilo(atEnd / 2),
      "end of start": ratio(atEnd, atStart),
      "worker peak": mebibytes(peak),
      "gateway after": mebibytes(residentBytes(gateway.pid)),
    };
  } finally {
    await Promise.all([worker.stop(), gateway.stop()]);
  }
}

interface Sample {
  readonly atMs: number;
  readonly handled: number;
}

async function workOff(worker: Program, total: number): Promise<readonly Sample[]> {
  await worker.next("ready");
  const samples: Sample[] = [{ atMs: Date.now(), handled: 0 }];
  const committed = worker.next<Committed>("committed");
  for (;;) {
    const said = await Promise.race([committed, worker.next<Progress>("progress")]);
    if (said.kind === "committed") return [...samples, { atMs: said.atMs, handled: total }];
    samples.push(said);
    if (samples.length % 10 === 0)
      note("backlog", { handled: said.handled, rss: mebibytes(residentBytes(worker.pid)) });
  }
}

/** Handled a second between two counts. */
function speed(samples: readonly Sample[], from: number, to: number): number {
  return (to - from) / ((timeOf(samples, to) - timeOf(samples, from)) / 1_000);
}

/** When the count was reached: between the two samples around it, in proportion. */
function timeOf(samples: readonly Sample[], count: number): number {
  const after = samples.findIndex(({ handled }) => handled >= count);
  const next = samples[after];
  const last = samples[after - 1];
  if (!next || !last) return next?.atMs ?? Number.NaN;
  return last.atMs + ((next.atMs - last.atMs) * (count - last.handled)) / (next.handled - last.handled);
}
