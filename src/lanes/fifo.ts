/** A first-in, first-out queue: both ends in constant time, and the room of what was taken is given back. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The next to be taken. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** What is queued, oldest first, without taking it. */
  list(): Item[] {
    return this.#items.slice(this.#head) as Item[];
  }

  /** Takes everything, oldest first. */
  drain(): Item[] {
    const items = this.list();
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
