/** Failed tries of messages, remembered for a while, so that a message's way can be told with them. In memory, bounded; nothing survives. */
import type { EventPayloads } from "../../core/index.ts";
import type { FailedTry } from "../../inspect/index.ts";

/** Messages whose failures are remembered; the oldest are forgotten first. */
const MOST_MESSAGES = 10_000;
const MOST_TRIES = 20;
const MOST_TEXT = 300;

export class FailureLog {
  readonly #byMessage = new Map<string, FailedTry[]>();

  note(worker: string, failure: EventPayloads["message.failed"], atMs: number): void {
    const { id, attempt, error, retryInMs = null } = failure;
    const tries = this.#byMessage.get(id) ?? [];
    if (tries.length >= MOST_TRIES) tries.shift();
    tries.push({ attempt, atMs, worker, error: `${error.name}: ${error.message}`.slice(0, MOST_TEXT), retryInMs });
    this.#byMessage.delete(id); // Again at the end: what failed last is forgotten last.
    this.#byMessage.set(id, tries);
    const oldest = this.#byMessage.keys().next().value;
    if (this.#byMessage.size > MOST_MESSAGES && oldest !== undefined) this.#byMessage.delete(oldest);
  }

  of(messageId: string): readonly FailedTry[] {
    return this.#byMessage.get(messageId) ?? [];
  }
}
