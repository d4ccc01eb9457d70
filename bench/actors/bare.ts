/** Runs the bare loop of a store. */
import { cpuSeconds } from "../measure/process-usage.ts";
import { type Notice, Program } from "../measure/program.ts";
import { createTemporaryStore, type StoreKind, type StorePlace } from "../measure/stores.ts";

export interface BareOptions {
  readonly place: StorePlace;
  readonly messages: number;
  /** Messages a transaction. */
  readonly batch: number;
}

export interface BareResult extends Notice {
  readonly kind: "done";
  readonly messages: number;
  readonly seconds: number;
}

export interface BareFigures {
  readonly perSecond: number;
  /** CPU-seconds a million messages, of the loop and of the database server. */
  readonly loopCpu: number;
  readonly serverCpu: number;
}

export async function measureBare(
  kind: StoreKind,
  postgresUrl: string,
  options: Omit<BareOptions, "place">,
): Promise<BareFigures> {
  await using store = await createTemporaryStore(kind, postgresUrl);
  const program = Program.start(`actors/bare-${kind}.ts`, { place: store.place, ...options });
  try {
    const { messages, seconds } = await program.next<BareResult>("done");
    const millions = messages / 1e6;
    return {
      perSecond: messages / seconds,
      loopCpu: cpuSeconds([program.pid]) / millions,
      serverCpu: cpuSeconds(await store.serverPids()) / millions,
    };
  } finally {
    await program.stop();
  }
}
