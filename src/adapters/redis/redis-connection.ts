/**
 * One connection to Redis that is made again whenever it breaks.
 *
 * States: closed → connecting ⇄ up → closed. Bun's own reconnecting is off: it gives up, and says nothing of subscriptions; here each new connection
 * is told to `onUp`, which does what a fresh connection needs. A silent connection is noticed by a ping.
 */
import { RedisClient } from "bun";
import { type BackoffPolicy, type Clock, fullJitterMs, SECOND, sleep, type Timer } from "../../core/index.ts";

export interface RedisConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** A connection is up; `first` is false after each break. */
  readonly onUp: (first: boolean) => void;
  readonly onError: (thrown: unknown) => void;
}

const CLIENT_NAME = "godwit/pubsub";
const RECONNECT: BackoffPolicy = { baseMs: 50, capMs: 2 * SECOND };
const PING_EVERY_MS: number = 10 * SECOND;
const PING_TIMEOUT_MS: number = 5 * SECOND;

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  #client: RedisClient | undefined;
  #open = false;
  #up = false;
  #timer: Timer | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
  }

  /** @throws what the driver throws. */
  async connect(): Promise<void> {
    this.#open = true;
    await this.#connectOnce(true).catch((thrown) => {
      this.close();
      throw thrown;
    });
  }

  /** Safe twice. */
  close(): void {
    this.#open = false;
    this.#timer?.cancel();
    this.#drop();
  }

  /** The client of a connection that is up. @throws Error when there is none. */
  get client(): RedisClient {
    if (!this.#client || !this.#up) throw new Error("the connection to Redis is away");
    return this.#client;
  }

  async #connectOnce(first: boolean): Promise<void> {
    const client = new RedisClient(this.#options.url, { autoReconnect: false, enableOfflineQueue: false });
    this.#client = client;
    client.onclose = () => {
      if (this.#client === client && this.#up) this.#broken();
    };
    await client.connect();
    await client.send("CLIENT", ["SETNAME", CLIENT_NAME]); // For the server's own list of clients.
    if (!this.#open) return client.close();
    this.#up = true;
    this.#pingLater(client);
    this.#options.onUp(first);
  }

  #broken(): void {
    this.#timer?.cancel();
    this.#drop();
    if (this.#open) void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let attempt = 1; this.#open; attempt++) {
      await sleep(this.#options.clock, fullJitterMs(RECONNECT, attempt));
      if (!this.#open) return;
      try {
        return await this.#connectOnce(false);
      } catch (thrown) {
        this.#drop();
        this.#options.onError(thrown);
      }
    }
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#up = false;
    client?.close();
  }

  #pingLater(client: RedisClient): void {
    const { clock } = this.#options;
    this.#timer = clock.after(PING_EVERY_MS, () => {
      const silent = sleep(clock, PING_TIMEOUT_MS).then(() => Promise.reject(new Error("Redis did not answer a ping")));
      Promise.race([client.ping(), silent]).then(
        () => this.#client === client && this.#pingLater(client),
        (thrown) => {
          if (this.#client !== client) return;
          this.#options.onError(thrown);
          this.#broken();
        },
      );
    });
  }
}
