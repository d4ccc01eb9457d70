/// <reference path="./phoenix.d.ts" />
/**
 * A connection to a Godwit node, over the npm `phoenix` client.
 *
 * States: connecting ⇄ connected → closed (by `close`). It comes back by itself, with full jitter, so that a thousand clients of a node that
 * restarts do not come back as one. Its token is asked for anew for each connection, and when the server says that it has run out.
 */
import { Socket } from "phoenix";
import { type BackoffPolicy, fullJitterMs, SECOND } from "../core/index.ts";
import { ClientChannel } from "./client-channel.ts";
import type { AnyChannel, ParamsIn, TopicIn } from "./types.ts";

/** The token to show; asked for before each connection and when the server wants a new one. */
export type TokenSource = string | (() => string | Promise<string>);

export interface ConnectOptions {
  /** What `connect` of the app sees as `token`. */
  readonly token?: TokenSource;
  /** What `connect` of the app sees as `params`: they go in the URL, so nothing secret. */
  readonly params?: Readonly<Record<string, string>>;
  /** How long a push waits for its answer, ms. Default 10 s. */
  readonly deadlineMs?: number;
  /** Pushes a channel that may wait for the connection. Past it: `too_many_unsent`. Default 100. */
  readonly maxUnsent?: number;
  /** A `WebSocket` class, where there is none (Node before 22). Default: the runtime's own, else long-poll. */
  readonly transport?: unknown;
  /** Reconnects and rejoins wait a random time up to this, doubled with each try. Default 100 ms, at most 10 s. */
  readonly backoff?: BackoffPolicy;
  /** The token source failed; the connection is tried with the token that was there. */
  readonly onError?: (error: unknown) => void;
}

const BACKOFF: BackoffPolicy = { baseMs: 100, capMs: 10 * SECOND };
const SOCKET_TOPIC = "phoenix";

export class ClientSocket {
  readonly #socket: Socket;
  readonly #options: ConnectOptions;
  readonly #channels = new Set<{ closed(): void }>();
  #token: string | undefined;
  #retryAfterMs = 0;
  #closed = false;

  constructor(url: string, options: ConnectOptions) {
    const { token, params = {}, transport, backoff = BACKOFF, deadlineMs = 10 * SECOND } = options;
    this.#options = options;
    this.#token = typeof token === "string" ? token : undefined;
    this.#socket = new Socket(url.replace(/^http/, "ws").replace(/\/$/, ""), {
      params,
      timeout: deadlineMs,
      ...(token !== undefined && { authToken: () => this.#token ?? "" }),
      ...(transport !== undefined && { transport }),
      reconnectAfterMs: (tries) => fullJitterMs(backoff, tries),
      rejoinAfterMs: (tries) => Math.max(this.#retryAfterMs, fullJitterMs(backoff, tries)),
    });
    this.#socket.onOpen(() => {
      this.#retryAfterMs = 0;
    });
    this.#socket.onClose(() => void this.#renewToken());
    this.#socket.onMessage(({ topic, event }) => {
      if (topic === SOCKET_TOPIC && event === "token_expired") void this.#showToken();
    });
    void this.#open();
  }

  get connected(): boolean {
    return this.#socket.isConnected();
  }

  /**
   * Joins a topic, and joins it again after each break. With the channel's type, topics, params, events and replies are checked.
   * `params` may be a function: it is asked for each join.
   * @example const channel = socket.channel<typeof room>("room:1", { user: "ada" });
   */
  channel<D extends AnyChannel = AnyChannel>(
    topic: TopicIn<D>,
    params?: ParamsIn<D> | (() => ParamsIn<D>),
  ): ClientChannel<D> {
    const channel = new ClientChannel<D>({
      socket: this.#socket,
      topic,
      params: () => ((typeof params === "function" ? (params as () => object)() : params) ?? {}) as object,
      deadlineMs: this.#options.deadlineMs ?? 10 * SECOND,
      maxUnsent: this.#options.maxUnsent ?? 100,
      retryAfter: (ms) => {
        this.#retryAfterMs = ms;
      },
      left: () => this.#channels.delete(channel),
    });
    this.#channels.add(channel);
    return channel;
  }

  /** Ends the connection for good: channels are left, and pushes that wait are rejected. Safe twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of [...this.#channels]) channel.closed();
    this.#socket.disconnect();
  }

  async #open(): Promise<void> {
    await this.#renewToken();
    if (!this.#closed) this.#socket.connect();
  }

  async #renewToken(): Promise<void> {
    const { token, onError } = this.#options;
    if (typeof token !== "function" || this.#closed) return;
    try {
      this.#token = await token();
    } catch (thrown) {
      onError?.(thrown);
    }
  }

  async #showToken(): Promise<void> {
    await this.#renewToken();
    if (this.#closed || this.#token === undefined || !this.#socket.isConnected()) return;
    const ref = this.#socket.makeRef();
    this.#socket.push({ topic: SOCKET_TOPIC, event: "token", payload: { token: this.#token }, ref });
  }
}

/**
 * Connects to a node: `connect("https://example.com/socket")`.
 * @param url where the sockets live, without `/websocket`. Default mount of a node: `/socket`.
 */
export function connect(url: string, options: ConnectOptions = {}): ClientSocket {
  return new ClientSocket(url, options);
}
