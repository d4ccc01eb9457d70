export interface MemoryPoint {
  /** Wall time, ms. */
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * How a process's memory went over its whole life, in a bounded number of points: when it is full, every other point goes and
 * from then on only every other sample is kept.
 */
export class MemoryCurve {
  readonly #capacity: number;
  #points: MemoryPoint[] = [];
  #stride = 1;
  #samples = 0;
  #latest: MemoryPoint | undefined;

  /** `capacity`: points kept, even. Default 60. */
  constructor(capacity = 60) {
    this.#capacity = capacity;
  }

  add(point: MemoryPoint): void {
    this.#latest = point;
    if (this.#samples++ % this.#stride !== 0) return;
    if (this.#points.length === this.#capacity) {
      this.#points = this.#points.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
    }
    this.#points.push(point);
  }

  /** Oldest first; the latest sample is always the last. */
  get points(): readonly MemoryPoint[] {
    const last = this.#points.at(-1);
    return this.#latest && this.#latest !== last ? [...this.#points, this.#latest] : [...this.#points];
  }
}
