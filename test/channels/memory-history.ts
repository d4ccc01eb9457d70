import type { HistoryStore } from "../../src/channels/index.ts";
import { StoreUnavailableError } from "../../src/core/index.ts";
import type { HistoryRecord } from "../../src/store/index.ts";

/** A topic's history in memory, counted; can be made to fail and to wait. */
export class MemoryHistory implements HistoryStore {
  readonly #records = new Map<string, HistoryRecord[]>();
  readonly #last = new Map<string, number>();
  reads = 0;
  failing = false;
  /** Reads wait for it. */
  gate: Promise<void> = Promise.resolve();

  async appendHistory(writes: Parameters<HistoryStore["appendHistory"]>[0], nowMs: number): Promise<number[]> {
    if (this.failing) throw new StoreUnavailableError("the store is away");
    return writes.map(({ topic, event, payload }) => {
      const seq = (this.#last.get(topic) ?? 0) + 1;
      this.#last.set(topic, seq);
      this.#of(topic).push({ topic, seq, event, payload, atMs: nowMs });
      return seq;
    });
  }

  async readHistory(topic: string, after: number, limit: number): Promise<HistoryRecord[]> {
    this.reads++;
    await this.gate;
    if (this.failing) throw new StoreUnavailableError("the store is away");
    return this.#of(topic)
      .filter(({ seq }) => seq > after)
      .slice(0, limit);
  }

  async historyBounds(topic: string): Promise<{ first: number; last: number }> {
    await this.gate;
    if (this.failing) throw new StoreUnavailableError("the store is away");
    const last = this.#last.get(topic) ?? 0;
    return { first: this.#of(topic)[0]?.seq ?? (last === 0 ? 0 : last + 1), last };
  }

  async pruneHistory(topic: string, keep: { readonly count?: number; readonly sinceMs?: number }): Promise<void> {
    const records = this.#of(topic);
    const kept = records.filter(
      ({ atMs }, index) => atMs >= (keep.sinceMs ?? 0) && index >= records.length - (keep.count ?? records.length),
    );
    this.#records.set(topic, kept);
  }

  #of(topic: string): HistoryRecord[] {
    const records = this.#records.get(topic) ?? [];
    this.#records.set(topic, records);
    return records;
  }
}
