/**
 * What waits to be published: bounded, sent one batch at a time, so that what comes while the server works goes as one.
 *
 * States: idle → sending → idle. A batch that fails is lost (it may have arrived, and must not come twice); what comes past the bound is lost, too.
 * Either is told by `lost`, and by `recovered` after the first batch that arrives again. Nothing here survives a crash.
 */
export interface OutgoingMessage {
  readonly topic: string;
  readonly message: string;
}

export interface OutboxOptions {
  /** Sends a batch, in order. */
  readonly send: (batch: readonly OutgoingMessage[]) => Promise<void>;
  /** So many messages were lost; `cause` is undefined when it was for want of room. */
  readonly lost: (messages: number, cause: unknown) => void;
  /** Messages arrive again, after some were lost. */
  readonly recovered: () => void;
  /** UTF-16 units that may wait. Default 32 Mi. */
  readonly maxWaiting?: number;
  /** Messages of one batch. Default 1,000. */
  readonly maxBatch?: number;
}

/** What a message costs beside its text. */
const OVERHEAD = 64;
/** A batch ends once it holds so much. */
const BATCH_LENGTH: number = 1024 * 1024;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #maxWaiting: number;
  #waiting: OutgoingMessage[] = [];
  #length = 0;
  #sending: Promise<void> | undefined;
  #lossy = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? 32 * 1024 * 1024;
  }

  push(outgoing: OutgoingMessage): void {
    const length = lengthOf(outgoing);
    if (this.#length + length > this.#maxWaiting) return this.#lose(1, undefined);
    this.#waiting.push(outgoing);
    this.#length += length;
    this.#sending ??= this.#drain();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // What this tick still publishes joins the batch.
    while (this.#waiting.length > 0) await this.#sendBatch(this.#takeBatch());
    this.#sending = undefined;
  }

  #takeBatch(): readonly OutgoingMessage[] {
    const { maxBatch = 1_000 } = this.#options;
    let length = 0;
    let count = 0;
    while (count < Math.min(maxBatch, this.#waiting.length) && length < BATCH_LENGTH) {
      length += lengthOf(this.#waiting[count++] as OutgoingMessage);
    }
    this.#length -= length;
    return this.#waiting.splice(0, count);
  }

  async #sendBatch(batch: readonly OutgoingMessage[]): Promise<void> {
    try {
      await this.#options.send(batch);
    } catch (thrown) {
      return this.#lose(batch.length, thrown);
    }
    if (!this.#lossy) return;
    this.#lossy = false;
    this.#options.recovered();
  }

  #lose(messages: number, cause: unknown): void {
    this.#lossy = true;
    this.#options.lost(messages, cause);
  }
}

function lengthOf({ topic, message }: OutgoingMessage): number {
  return topic.length + message.length + OVERHEAD;
}
