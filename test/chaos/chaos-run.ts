/** Runs a node under random kills and pauses, and compares what it handled with what it accepted. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../../src/store/index.ts";
import { NodeProcess, temporaryFolder } from "../node/node-process.ts";
import { type SendCounts, type SendPlan, sendAll } from "./senders.ts";
import { noStrikes, type StrikeCounts, strikeAtRandom, totalOf } from "./strikes.ts";

export interface ChaosOptions extends SendPlan {
  readonly strikes: number;
  /** Between two strikes, on average. */
  readonly pauseMs: number;
  readonly seed: number;
  /** `sqlite`, or a PostgreSQL URL of an empty database. */
  readonly store: string;
  readonly workers: number;
  /** Opens what the node writes, to look at it. */
  readonly openStore: (dataFolder: string) => Store;
  readonly tell?: (line: string) => void;
}

export interface ChaosReport {
  readonly accepted: number;
  readonly refused: number;
  readonly strikes: Readonly<StrikeCounts>;
  /** Messages handled, by each actor. */
  readonly handled: number;
  readonly ledger: number;
  /** Messages that were not the next of their key. */
  readonly outOfOrder: number;
  readonly deadLetters: number;
}

const APP = join(import.meta.dir, "fixtures/chaos-app.ts");
const SETTLE_POLL_MS = 200;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const dataFolder = await temporaryFolder();
  const start = () =>
    NodeProcess.start({
      app: APP,
      dataFolder,
      arguments: ["--workers", String(options.workers), "--store", options.store],
    });
  const running = { node: await start(), start };
  const counts: SendCounts = { accepted: 0, refused: 0 };
  const made = noStrikes();
  const store = options.openStore(dataFolder);
  await store.start();
  try {
    const shareOfStrikes = () => (totalOf(made) + 1) / options.strikes;
    const sending = sendAll(options, () => running.node.url, counts, shareOfStrikes);
    await Promise.all([strikeAtRandom(running, options, made), sending]);
    await settled(store, options);
    return { ...counts, strikes: made, ...(await read(store)) };
  } finally {
    await store.stop();
    await running.node[Symbol.asyncDispose]();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** Waits until everything accepted has gone through both actors, or nothing has moved for long. */
async function settled(store: Store, { keys, perKey, tell }: ChaosOptions): Promise<void> {
  let [last, still] = [-1, 0];
  for (;;) {
    const { handled, ledger, deadLetters } = await read(store);
    if (Math.min(handled, ledger) + deadLetters >= keys * perKey) return;
    still = handled + ledger === last ? still + 1 : 0;
    last = handled + ledger;
    if (still * SETTLE_POLL_MS > STUCK_MS) return tell?.(`stuck: handled ${handled}, ledger ${ledger}`);
    await Bun.sleep(SETTLE_POLL_MS);
  }
}

/** Longer than a lease that has to run out by itself, and a retry after it. */
const STUCK_MS = 60_000;

async function read(store: Store): Promise<Pick<ChaosReport, "handled" | "ledger" | "outOfOrder" | "deadLetters">> {
  const count = async (text: string) => Number((await store.query({ text: [text], values: [] }))[0]?.n);
  return {
    handled: await count("select count(*) as n from chaos_handled"),
    ledger: await count("select count(*) as n from chaos_ledger"),
    outOfOrder:
      (await count("select count(*) as n from chaos_handled where number <> expected")) +
      (await count("select count(*) as n from chaos_ledger where number <> expected")),
    deadLetters: (await store.deadLetters({}, { limit: 100 })).rows.length,
  };
}
