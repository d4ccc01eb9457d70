/** The port through which a gateway's channel engine reaches the workers. The node implements it over its links. */
import { GodwitError } from "../core/index.ts";
import { LinkClosedError } from "../wire/index.ts";
import type { HostNotice, HostRequest, ResponseTo } from "./protocol.ts";

export interface ChannelBackend {
  /**
   * The worker that serves this affinity now: the same one until it goes or drains. Undefined: none is up. Cheap; asked for every message.
   */
  workerFor(affinity: string): string | undefined;
  /**
   * Rejects with `WorkerGoneError` (or the link's `LinkClosedError`) when the worker goes before it has answered, with `BusyError` when its
   * queue is full, with `DeadlineError` when it took too long. Requests and notices to one worker arrive in the order they were sent.
   */
  request<R extends HostRequest>(worker: string, request: R): Promise<ResponseTo<R>>;
  /** Tells without an answer. To a worker that has gone: nothing happens. */
  notify(worker: string, notice: HostNotice): void;
}

/** No worker is up, or the one asked has gone before it answered: what it did is unknown. */
export class WorkerGoneError extends GodwitError {
  constructor(message = "the worker has gone before it answered") {
    super("worker_gone", message, { retryable: true, retryAfterMs: 1_000 });
  }
}

export function isWorkerGone(thrown: unknown): boolean {
  return thrown instanceof WorkerGoneError || thrown instanceof LinkClosedError;
}
