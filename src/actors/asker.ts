/**
 * Asks: sends a message and waits for the actor's `ctx.reply`. The request is as durable as any message; the waiting is not: it ends with its
 * deadline, or with this process. A reply that comes later is dropped and counted (`ask.late-reply-dropped`).
 */
import {
  BusyError,
  type Clock,
  DeadlineError,
  type Events,
  GodwitError,
  InvalidInputError,
  SECOND,
} from "../core/index.ts";
import type { AskReply } from "../lanes/index.ts";
import type { AppendRequest } from "../store/index.ts";
import type { ActorReference, AskOptions } from "./context.ts";
import { type Addressing, messageRequest } from "./message-request.ts";

const DEFAULT_TIMEOUT_MS = 5 * SECOND;
const DEFAULT_MAX_WAITING = 10_000;

export interface AskerOptions extends Addressing {
  /** Names this process in the reply's address; replies for it must come to `answered`. */
  readonly process: string;
  readonly clock: Clock;
  readonly events: Events;
  /** Resolves once the request is durable: `Appender.append`. */
  readonly append: (requests: readonly AppendRequest[]) => Promise<unknown>;
  /** Questions that may be open at once. Default 10,000. */
  readonly maxWaiting?: number;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Asker {
  readonly #options: AskerOptions;
  readonly #waiting = new Map<string, Waiting>();
  #asked = 0;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Questions that are open. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * @param from who asks, for people.
   * @throws DeadlineError when no reply came within `timeoutMs` (default 5 s); the message may be handled all the same. BusyError when too
   *   many questions are open. GodwitError `ask_failed` when the message became a dead letter; and what `messageRequest` throws.
   */
  async ask(
    to: ActorReference,
    key: string,
    message: unknown,
    options: AskOptions = {},
    from?: string,
  ): Promise<unknown> {
    const { append, clock, process, maxWaiting = DEFAULT_MAX_WAITING } = this.#options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS, ...send } = options;
    if (!(timeoutMs > 0)) throw new InvalidInputError("ask: timeoutMs", "a number above 0", timeoutMs);
    if (this.#waiting.size >= maxWaiting) throw new BusyError("the list of open questions", SECOND);
    const askId = `${++this.#asked}`;
    const meta = { kind: "ask" as const, replyTo: { process, askId }, ...(from !== undefined && { from }) };
    const request = messageRequest({ ...send, to, key, message, meta }, this.#options);
    const what = `${request.target}/${key}`;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(askId, { resolve, reject }));
    const timer = clock.after(timeoutMs, () => this.#waiting.get(askId)?.reject(new DeadlineError(what, timeoutMs)));
    try {
      return await Promise.race([answer, append([request]).then(() => answer)]);
    } finally {
      timer.cancel();
      this.#waiting.delete(askId);
    }
  }

  /** A reply has come for this process. */
  answered(reply: AskReply): void {
    const waiting = this.#waiting.get(reply.askId);
    if (!waiting || reply.process !== this.#options.process) {
      this.#options.events.emit("ask.late-reply-dropped", { askId: reply.askId });
      return;
    }
    if (reply.ok) waiting.resolve(JSON.parse(reply.body));
    else waiting.reject(new GodwitError("ask_failed", `the message was given up: ${reply.body}`));
  }
}
