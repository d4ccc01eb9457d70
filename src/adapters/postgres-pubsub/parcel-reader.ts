/**
 * Takes notifications and hands on their messages, in order, also where a parcel must be fetched first: what comes after it waits, bounded.
 * A notification that is none of ours (anybody with the database's password can send one) is refused and passed over.
 */
import { toError } from "../../core/index.ts";

export interface ParcelReaderOptions {
  readonly fetch: (id: string) => Promise<string | undefined>;
  readonly deliver: (topic: string, message: string) => void;
  /** Messages are lost. */
  readonly lost: (error: Error) => void;
  readonly refused: (reason: string) => void;
}

/** Notifications that may wait behind a fetch. */
const MAX_WAITING = 10_000;
const REFERENCE = /^@(\d{1,19})$/;

export class ParcelReader {
  readonly #options: ParcelReaderOptions;
  readonly #waiting: string[] = [];
  #fetching = false;

  constructor(options: ParcelReaderOptions) {
    this.#options = options;
  }

  take(payload: string): void {
    if (this.#fetching) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(payload);
      else this.#options.lost(new Error(`${MAX_WAITING} notifications wait for a parcel`));
      return;
    }
    const id = REFERENCE.exec(payload)?.[1];
    if (id === undefined) this.#unpack(payload);
    else void this.#fetch(id);
  }

  async #fetch(id: string): Promise<void> {
    this.#fetching = true;
    try {
      const parcel = await this.#options.fetch(id);
      if (parcel === undefined) this.#options.lost(new Error(`parcel ${id} is no longer there`));
      else this.#unpack(parcel);
    } catch (thrown) {
      this.#options.lost(toError(thrown));
    }
    this.#fetching = false;
    while (!this.#fetching && this.#waiting.length > 0) this.take(this.#waiting.shift() as string);
  }

  #unpack(parcel: string): void {
    const messages = decodeParcel(parcel);
    if (!messages) return this.#options.refused("a notification that is no parcel");
    for (const [topic, message] of messages) this.#options.deliver(topic, message);
  }
}

function decodeParcel(text: string): readonly (readonly [string, string])[] | undefined {
  try {
    const parcel: unknown = JSON.parse(text);
    return Array.isArray(parcel) && parcel.every(isMessage) ? parcel : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(piece: unknown): piece is readonly [string, string] {
  return Array.isArray(piece) && piece.length === 2 && piece.every((part) => typeof part === "string");
}
