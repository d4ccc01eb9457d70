/**
 * Pub/sub over Redis: for clusters that send more between their nodes than PostgreSQL's NOTIFY should carry. A topic is a Redis channel
 * (`godwit:` before it), so Redis itself sends a message to nobody but its subscribers.
 *
 * States: new → started → stopped. Two connections, as one that subscribes can do nothing else. When the subscribing one breaks, all
 * subscriptions are made again on the next, and then `onGap` is told: Redis keeps nothing for who is away.
 */
import type { Clock, Events } from "../../core/index.ts";
import {
  type InterestChange,
  type MessageListener,
  type OutgoingMessage,
  type PubSub,
  ServerMember,
  type Subscription,
} from "../../pubsub/index.ts";
import { RedisConnection } from "./redis-connection.ts";

export interface RedisPubSubOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly events: Events;
}

const CHANNEL_PREFIX = "godwit:";
/** What every message begins with: its sender, and a line's end. */
const SENDER_LENGTH = 32;

export class RedisPubSub implements PubSub {
  readonly #id = crypto.randomUUID().replaceAll("-", "");
  readonly #member: ServerMember;
  readonly #publishing: RedisConnection;
  readonly #subscribing: RedisConnection;

  constructor({ url, clock, events }: RedisPubSubOptions) {
    this.#member = new ServerMember({
      adapter: "redis",
      clock,
      events,
      send: (batch) => this.#send(batch),
      apply: (change) => this.#apply(change),
    });
    const onError = (thrown: unknown) => this.#member.caught("connection", thrown);
    this.#publishing = new RedisConnection({ url, clock, onUp: () => {}, onError });
    this.#subscribing = new RedisConnection({ url, clock, onUp: (first) => this.#listens(first), onError });
  }

  async start(): Promise<void> {
    try {
      await this.#publishing.connect();
      await this.#subscribing.connect();
      this.#member.open();
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await this.#member.close();
    this.#publishing.close();
    this.#subscribing.close();
  }

  publish(topic: string, message: string): void {
    this.#member.publish(topic, message);
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    return this.#member.subscribe(topic, listener);
  }

  onGap(listener: () => void): () => void {
    return this.#member.onGap(listener);
  }

  /** Sent together, and so pipelined; Redis carries them out in this order. */
  async #send(batch: readonly OutgoingMessage[]): Promise<void> {
    const { client } = this.#publishing;
    const answers = await Promise.allSettled(
      batch.map(({ topic, message }) => client.publish(CHANNEL_PREFIX + topic, `${this.#id}\n${message}`)),
    );
    const refused = answers.find((answer) => answer.status === "rejected");
    if (refused) throw refused.reason;
  }

  async #apply({ added, removed }: InterestChange): Promise<void> {
    const { client } = this.#subscribing;
    if (removed.length > 0) await client.unsubscribe(removed.map((topic) => CHANNEL_PREFIX + topic));
    if (added.length === 0) return;
    const channels = added.map((topic) => CHANNEL_PREFIX + topic);
    await client.subscribe(channels, (message, channel) =>
      this.#received(channel.slice(CHANNEL_PREFIX.length), message),
    );
  }

  #received(topic: string, message: string): void {
    const sender = message.slice(0, SENDER_LENGTH);
    if (message[SENDER_LENGTH] !== "\n" || !/^[0-9a-f]+$/.test(sender)) {
      return this.#member.refused(topic, "a message without a sender");
    }
    if (sender !== this.#id) this.#member.deliver(topic, message.slice(SENDER_LENGTH + 1));
  }

  #listens(first: boolean): void {
    if (!first) this.#member.forgotten("the connection was lost");
  }
}
