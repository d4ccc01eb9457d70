/** Durable broadcasts of channels: what comes together is written together, in order, before anybody hears of it. */
import type { HistoryWrite, Seq, Store } from "../../store/index.ts";

interface Waiting {
  readonly write: HistoryWrite;
  readonly resolve: (seq: Seq) => void;
  readonly reject: (error: unknown) => void;
}

/** Most broadcasts in one transaction. */
const MAX_BATCH = 500;

/** One transaction under way at a time; its sequences are given in the order of the calls. */
export class HistoryWriter {
  readonly #store: Pick<Store, "appendHistory">;
  readonly #wallMs: () => number;
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: Pick<Store, "appendHistory">, wallMs: () => number) {
    this.#store = store;
    this.#wallMs = wallMs;
  }

  /** Resolves with the broadcast's sequence once it is durable. @throws StoreUnavailableError. */
  write(write: HistoryWrite): Promise<Seq> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (!this.#writing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, MAX_BATCH));
    this.#writing = false;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const seqs = await this.#store.appendHistory(
        batch.map(({ write }) => write),
        this.#wallMs(),
      );
      for (const [i, { resolve }] of batch.entries()) resolve(seqs[i] as Seq);
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }
}
