/**
 * One end of the link between a gateway and a worker: notifications one way, requests with an answer, over any transport that
 * carries text in order. Nothing on it needs to survive: what must is in the log.
 *
 * Frames: `[0, kind, data]` a notification; `[1, id, kind, data]` a request; `[2, id, data]` its answer; `[3, id, code, message]` its refusal.
 * States: open → closed (for good). On close every pending request is rejected with `link_closed`; nothing is ever left hanging.
 */
import { BusyError, type Clock, DeadlineError, GodwitError, type Timer, toError } from "../core/index.ts";
import { encodeLine, LineDecoder } from "./line-frame.ts";

/** What carries the text. */
export interface LinkTransport {
  /** Takes text in order; buffers what the peer has not taken yet. */
  write(text: string): void;
  close(): void;
}

/** The other end has gone, or sent what is no frame; what it had in hand is unknown. */
export class LinkClosedError extends GodwitError {
  constructor(peer: string) {
    super("link_closed", `the link to ${peer} has closed`, { retryable: true });
  }
}

export type NotificationHandler = (kind: string, data: unknown) => void;
/** Returns the answer, or throws to refuse: a `GodwitError`'s code and message travel. */
export type RequestHandler = (kind: string, data: unknown) => unknown | Promise<unknown>;

export interface LinkOptions {
  /** For messages: who is at the other end. */
  readonly peer: string;
  readonly clock: Clock;
  readonly onNotification: NotificationHandler;
  readonly onRequest: RequestHandler;
  readonly onClose?: (error: Error | undefined) => void;
  /** Requests that may wait for an answer at once. Past it: `busy`. Default 50,000. */
  readonly maxPending?: number;
}

interface PendingRequest {
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer | undefined;
}

const NOTIFICATION = 0;
const REQUEST = 1;
const ANSWER = 2;
const REFUSAL = 3;

export class Link {
  readonly #transport: LinkTransport;
  readonly #options: LinkOptions;
  readonly #decoder = new LineDecoder();
  readonly #pending = new Map<number, PendingRequest>();
  #nextId = 1;
  #closed = false;

  constructor(transport: LinkTransport, options: LinkOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get pendingRequests(): number {
    return this.#pending.size;
  }

  notify(kind: string, data: unknown): void {
    if (!this.#closed) this.#transport.write(encodeLine([NOTIFICATION, kind, data]));
  }

  /**
   * Asks the peer.
   * @throws LinkClosedError when the link is or gets closed; DeadlineError past `deadlineMs`; BusyError past `maxPending`;
   *   GodwitError with the peer's code when it refused.
   */
  request(kind: string, data: unknown, deadlineMs?: number): Promise<unknown> {
    if (this.#closed) return Promise.reject(new LinkClosedError(this.#options.peer));
    if (this.#pending.size >= (this.#options.maxPending ?? 50_000)) {
      return Promise.reject(new BusyError(`the link to ${this.#options.peer}`, 100));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, timer: this.#deadline(id, kind, deadlineMs) });
      this.#transport.write(encodeLine([REQUEST, id, kind, data]));
    });
  }

  /** Takes text from the transport. */
  receive(text: string): void {
    if (this.#closed) return;
    try {
      for (const frame of this.#decoder.push(text)) this.#dispatch(frame);
    } catch (thrown) {
      this.close(toError(thrown));
    }
  }

  /** Closes this end; safe twice. The transport calls it when the other end is gone. */
  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) {
      request.timer?.cancel();
      request.reject(new LinkClosedError(this.#options.peer));
    }
    this.#options.onClose?.(error);
  }

  #deadline(id: number, kind: string, deadlineMs: number | undefined): Timer | undefined {
    if (deadlineMs === undefined) return undefined;
    return this.#options.clock.after(deadlineMs, () => {
      const request = this.#pending.get(id);
      this.#pending.delete(id);
      request?.reject(new DeadlineError(`${this.#options.peer} (${kind})`, deadlineMs));
    });
  }

  #dispatch(frame: unknown): void {
    if (!Array.isArray(frame)) throw new GodwitError("bad_frame", "link frame: expected an array");
    switch (frame[0]) {
      case NOTIFICATION:
        return this.#options.onNotification(frame[1], frame[2]);
      case REQUEST:
        return this.#answer(frame[1], frame[2], frame[3]);
      case ANSWER:
        return this.#settle(frame[1], (request) => request.resolve(frame[2]));
      case REFUSAL:
        return this.#settle(frame[1], (request) => request.reject(new GodwitError(frame[2], frame[3])));
      default:
        throw new GodwitError("bad_frame", "link frame: expected a kind from 0 to 3");
    }
  }

  #answer(id: number, kind: string, data: unknown): void {
    try {
      const result = this.#options.onRequest(kind, data);
      if (result instanceof Promise) {
        result.then(
          (value) => this.#reply([ANSWER, id, value]),
          (thrown) => this.#refuse(id, thrown),
        );
      } else this.#reply([ANSWER, id, result]);
    } catch (thrown) {
      this.#refuse(id, thrown);
    }
  }

  #refuse(id: number, thrown: unknown): void {
    const error = toError(thrown);
    this.#reply([REFUSAL, id, error instanceof GodwitError ? error.code : "internal", error.message]);
  }

  #reply(frame: readonly unknown[]): void {
    if (!this.#closed) this.#transport.write(encodeLine(frame));
  }

  #settle(id: number, use: (request: PendingRequest) => void): void {
    const request = this.#pending.get(id);
    if (!request) return; // Its deadline has passed; the late answer is of no use.
    this.#pending.delete(id);
    request.timer?.cancel();
    use(request);
  }
}
