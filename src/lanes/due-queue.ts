/** What is due when: a binary heap by time. Entries that no longer matter are left in it and passed over by who takes them. */
export class DueQueue<Item> {
  readonly #heap: { readonly atMs: number; readonly item: Item }[] = [];

  get length(): number {
    return this.#heap.length;
  }

  /** When the earliest is due; undefined when there is none. */
  get nextAtMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  add(atMs: number, item: Item): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push({ atMs, item });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= atMs) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the earliest item that is due at `nowMs`. */
  take(nowMs: number): Item | undefined {
    const first = this.#heap[0];
    if (!first || first.atMs > nowMs) return undefined;
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first.item;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#heap.length) return;
      const child = left + 1 < this.#heap.length && this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(at) <= this.#at(child)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const item = heap[a] as (typeof heap)[number];
    heap[a] = heap[b] as (typeof heap)[number];
    heap[b] = item;
  }
}
