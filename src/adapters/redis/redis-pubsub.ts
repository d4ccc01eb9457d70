/**
 * Pub/sub over Redis: for clusters that send more between their nodes than PostgreSQL's NOTIFY should carry. A topic is a Redis channel
 * (`godwit:` before it), so Redis itself sends a message to nobody but its subscribers.
 *
 * States: new → started → stopped. Two connections, as one that subscribes can do nothing else. When the subscribing one breaks, all
 * subscriptions are made again on the next, and then `onGap` is told: Redis keeps nothing for who is away.
 */
import type { RedisClient } from "bun";
import { type Clock, type Events, toError } from "../../core/index.ts";
import {
  checkMessage,
  checkTopic,
  GapListeners,
  type InterestChange,
  InterestSync,
  type MessageListener,
  Outbox,
  type OutgoingMessage,
  type PubSub,
  type Subscription,
  TopicListeners,
} from "../../pubsub/index.ts";
import { RedisConnection } from "./redis-connection.ts";

export interface RedisPubSubOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly events: Events;
}

const ADAPTER = "redis";
const CHANNEL_PREFIX = "godwit:";
/** What every message begins with: its sender, and a line's end. */
const SENDER_LENGTH = 32;

export class RedisPubSub implements PubSub {
  readonly #options: RedisPubSubOptions;
  readonly #member = crypto.randomUUID().replaceAll("-", "");
  readonly #listeners = new TopicListeners();
  readonly #gaps = new GapListeners();
  readonly #publishing: RedisConnection;
  readonly #subscribing: RedisConnection;
  readonly #outbox: Outbox;
  readonly #interest: InterestSync;
  #started = false;

  constructor(options: RedisPubSubOptions) {
    const { url, clock, events } = options;
    this.#options = options;
    const onError = (thrown: unknown) => this.#caught(thrown);
    this.#publishing = new RedisConnection({ url, clock, onUp: () => {}, onError });
    this.#subscribing = new RedisConnection({ url, clock, onUp: (_client, first) => this.#listens(first), onError });
    this.#outbox = new Outbox({
      send: (batch) => this.#send(batch),
      lost: (messages, cause) => {
        events.emit("pubsub.lost", { adapter: ADAPTER, messages, reason: cause ? toError(cause).message : "full" });
      },
      recovered: () => this.#gap("messages could not be sent"),
    });
    this.#interest = new InterestSync({ clock, apply: (change) => this.#apply(change), onError });
  }

  async start(): Promise<void> {
    this.#started = true;
    try {
      await this.#publishing.connect();
      await this.#subscribing.connect();
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    if (!this.#started) return;
    this.#interest.stop();
    this.#listeners.clear();
    await this.#outbox.idle();
    this.#started = false;
    this.#publishing.close();
    this.#subscribing.close();
  }

  publish(topic: string, message: string): void {
    checkMessage(topic, message);
    if (this.#started) this.#outbox.push({ topic, message });
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    checkTopic(topic);
    const own: MessageListener = (message) => listener(message);
    this.#listeners.add(topic, own);
    return {
      ready: this.#interest.want(topic),
      unsubscribe: () => {
        if (this.#listeners.delete(topic, own)) this.#interest.unwant(topic);
      },
    };
  }

  onGap(listener: () => void): () => void {
    return this.#gaps.add(listener);
  }

  /** Sent together, and so pipelined; Redis carries them out in this order. */
  async #send(batch: readonly OutgoingMessage[]): Promise<void> {
    const { client } = this.#publishing;
    const answers = await Promise.allSettled(
      batch.map(({ topic, message }) => client.publish(CHANNEL_PREFIX + topic, `${this.#member}\n${message}`)),
    );
    const refused = answers.find((answer) => answer.status === "rejected");
    if (refused) throw refused.reason;
  }

  async #apply({ added, removed }: InterestChange): Promise<void> {
    const { client } = this.#subscribing;
    if (removed.length > 0) await client.unsubscribe(removed.map((topic) => CHANNEL_PREFIX + topic));
    if (added.length > 0) await this.#subscribeAll(client, added);
  }

  async #subscribeAll(client: RedisClient, topics: readonly string[]): Promise<void> {
    const channels = topics.map((topic) => CHANNEL_PREFIX + topic);
    await client.subscribe(channels, (message, channel) =>
      this.#received(channel.slice(CHANNEL_PREFIX.length), message),
    );
  }

  #received(topic: string, message: string): void {
    const sender = message.slice(0, SENDER_LENGTH);
    if (message[SENDER_LENGTH] !== "\n" || !/^[0-9a-f]+$/.test(sender)) {
      this.#options.events.emit("pubsub.message-refused", { topic, reason: "a message without a sender" });
      return;
    }
    if (sender !== this.#member) this.#listeners.dispatch(topic, message.slice(SENDER_LENGTH + 1));
  }

  #listens(first: boolean): void {
    if (!first) void this.#interest.reset().then(() => this.#gap("the connection was lost"));
  }

  #gap(reason: string): void {
    if (!this.#started) return;
    this.#options.events.emit("pubsub.gap", { adapter: ADAPTER, reason });
    this.#gaps.tell();
  }

  #caught(thrown: unknown): void {
    this.#options.events.emit("error.caught", { stage: "pubsub redis", error: toError(thrown) });
  }
}
