import type { AppendOutcome, AppendRequest } from "../store/index.ts";

/** One caller's messages, which are appended together or not at all. */
export interface AppendCall {
  readonly requests: readonly AppendRequest[];
  /** About the memory of the bodies: their length in UTF-16 code units. */
  readonly size: number;
  resolve(outcomes: readonly AppendOutcome[]): void;
  reject(error: unknown): void;
}

export interface AppendBounds {
  readonly messages: number;
  readonly size: number;
}

export function sizeOf(requests: readonly AppendRequest[]): number {
  let size = 0;
  for (const { body, meta, key } of requests) size += body.length + key.length + (meta?.length ?? 0);
  return size;
}

/** Calls that wait for the next batch: first come, first served, counted in messages and size. */
export class AppendQueue {
  #calls: AppendCall[] = [];
  #messages = 0;
  #size = 0;

  get messages(): number {
    return this.#messages;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Would these fit as well? */
  hasRoom(messages: number, size: number, bounds: AppendBounds): boolean {
    return this.#messages + messages <= bounds.messages && this.#size + size <= bounds.size;
  }

  add(call: AppendCall): void {
    this.#calls.push(call);
    this.#messages += call.requests.length;
    this.#size += call.size;
  }

  /** Takes what fits into one batch, and at least one call. */
  takeBatch(bounds: AppendBounds): readonly AppendCall[] {
    let count = 0;
    let messages = 0;
    let size = 0;
    for (const call of this.#calls) {
      messages += call.requests.length;
      size += call.size;
      if (count > 0 && (messages > bounds.messages || size > bounds.size)) break;
      count++;
    }
    const batch = this.#calls.slice(0, count);
    this.#calls = this.#calls.slice(count);
    for (const call of batch) {
      this.#messages -= call.requests.length;
      this.#size -= call.size;
    }
    return batch;
  }
}
