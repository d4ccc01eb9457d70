import type { MessageRef } from "../store/index.ts";

/**
 * Notes which messages are being handled, where it survives the death of the process: whoever finds the note tells the store
 * (`Store.evict`), and those messages are tried one at a time. Both calls are on the hot path: nanoseconds.
 */
export interface FlightRecorder {
  started(ref: MessageRef): void;
  finished(ref: MessageRef): void;
}
