/**
 * One joined topic.
 *
 * States: joining ⇄ joined → closed (left, refused, or stopped by the server). Joined again after each break, from the position it had reached where
 * the topic keeps history. Pushes while it is not joined wait, bounded, until their deadline.
 */
import type { Channel, Push, Socket } from "phoenix";
import { SECOND } from "../core/index.ts";
import { ClientError } from "./client-error.ts";
import { ResumePosition } from "./resume-position.ts";
import type { AnyChannel, EventPayload, Payload, PushEvent, PushPayload, PushReply, TopicIn } from "./types.ts";

export interface ClientChannelParts {
  readonly socket: Socket;
  readonly topic: string;
  readonly params: () => object;
  readonly deadlineMs: number;
  readonly maxUnsent: number;
  /** The server asks to wait before the next join. */
  readonly retryAfter: (ms: number) => void;
  readonly left: () => void;
}

export interface PushOptions {
  /** How long to wait for the answer, ms. Default: the connection's. */
  readonly deadlineMs?: number;
}

export class ClientChannel<D extends AnyChannel = AnyChannel> {
  readonly topic: TopicIn<D>;
  /** Resolves with the first join's reply. @throws ClientError `join_refused` when the server refuses for good, `client_closed`. */
  readonly joined: Promise<Payload>;
  readonly #parts: ClientChannelParts;
  readonly #channel: Channel;
  readonly #position = new ResumePosition();
  /** Those that wait for an answer, by what rejects them. */
  readonly #pending = new Map<(error: ClientError) => void, Push>();
  readonly #gapListeners = new Set<() => void>();
  #resolveJoined: (response: Payload) => void = () => {};
  #rejectJoined: (error: ClientError) => void = () => {};
  #closed = false;

  constructor(parts: ClientChannelParts) {
    this.#parts = parts;
    this.topic = parts.topic as TopicIn<D>;
    // `Promise.withResolvers` is younger than some of the browsers, and Node 20.
    this.joined = new Promise((resolve, reject) => {
      [this.#resolveJoined, this.#rejectJoined] = [resolve, reject];
    });
    this.joined.catch(() => undefined); // Whoever does not wait for it hears of it from the first push.
    this.#channel = parts.socket.channel(parts.topic, () => this.#position.joinParams(parts.params()));
    this.#channel.onMessage = (_event, payload) => {
      this.#position.saw(payload);
      return payload;
    };
    this.#channel.onError(() => this.#lost());
    this.#channel.onClose(() => this.closed());
    this.#channel
      .join()
      .receive("ok", (response) => this.#entered(response))
      .receive("error", (response) => this.#refused(response));
  }

  /** The `seq` of the last message seen; undefined where the topic keeps no history. */
  get position(): number | undefined {
    return this.#position.seq;
  }

  /** Calls `listener` with each message of that event, from others or the server. Returns what takes it away. */
  on<E extends string>(event: E, listener: (payload: EventPayload<D, E>) => void): () => void {
    const ref = this.#channel.on(event, (payload: never) => listener(payload));
    return () => this.#channel.off(event, ref);
  }

  /** Messages were missed that the server does not hold any more (`recovered: false`): whatever was built from them must be read anew. */
  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => void this.#gapListeners.delete(listener);
  }

  /** Sends an event and resolves with its answer. @throws ClientError: see its codes. */
  push<E extends PushEvent<D>>(
    event: E,
    payload: PushPayload<D, E>,
    { deadlineMs = this.#parts.deadlineMs }: PushOptions = {},
  ): Promise<PushReply<D, E>> {
    const { topic } = this;
    if (this.#closed) return Promise.reject(new ClientError("client_closed", `${topic} is closed`));
    if (this.#channel.pushBuffer.length >= this.#parts.maxUnsent) {
      const { maxUnsent } = this.#parts;
      return Promise.reject(
        new ClientError("too_many_unsent", `${topic}: ${maxUnsent} pushes wait for the connection`),
      );
    }
    const bytes = payload instanceof Uint8Array ? exactBuffer(payload) : (payload as object);
    const answer = this.#answer(event, this.#channel.push(event, bytes, deadlineMs), deadlineMs);
    return answer as Promise<PushReply<D, E>>;
  }

  /** Leaves the topic for good. Safe twice. */
  leave(): void {
    if (!this.#closed) this.#channel.leave();
    this.closed();
  }

  /** It has ended: what waits is told. Safe twice. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    const error = new ClientError("client_closed", `${this.topic} is closed`);
    this.#rejectJoined(error);
    this.#rejectPending(error);
    this.#parts.left();
  }

  #entered(response: Payload): void {
    const gap = this.#position.joined(response);
    this.#resolveJoined(response);
    if (gap) for (const listener of [...this.#gapListeners]) listener();
  }

  /** A refusal with a time to wait passes; any other is for good. */
  #refused(response: Payload): void {
    const { retry_after, reason } = response;
    if (typeof retry_after === "number") return this.#parts.retryAfter(retry_after * SECOND);
    if (reason === "join crashed") return;
    this.#rejectJoined(new ClientError("join_refused", `${this.topic}: ${String(reason ?? "refused")}`, response));
    this.leave();
  }

  #answer(event: string, push: Push, deadlineMs: number): Promise<Payload> {
    return new Promise((resolve, reject) => {
      const settle = (use: () => void): void => {
        if (this.#pending.delete(lost)) use();
      };
      const lost = (error: ClientError): void => settle(() => reject(error));
      const fail = (code: "push_refused" | "push_timeout", why: string, response?: Payload) =>
        settle(() => reject(new ClientError(code, `${this.topic} ${event}: ${why}`, response)));
      this.#pending.set(lost, push);
      push
        .receive("ok", (response) => settle(() => resolve(response)))
        .receive("error", (response) => fail("push_refused", String(response.reason ?? "refused"), response))
        .receive("timeout", () => fail("push_timeout", `no answer within ${deadlineMs} ms`));
    });
  }

  /** What was sent may have been done; what was not waits for the next join. */
  #lost(): void {
    const error = new ClientError("connection_lost", `${this.topic}: the connection was lost`);
    for (const [reject, { sent }] of [...this.#pending]) if (sent) reject(error);
  }

  #rejectPending(error: ClientError): void {
    for (const reject of [...this.#pending.keys()]) reject(error);
  }
}

/** The `phoenix` client sends an ArrayBuffer as bytes, and nothing else. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
