/**
 * Pub/sub of a gateway that is a process of its own: through the link to its node's first gateway, which is a member for it.
 * When that link closes the node is gone, and so is this process: there is nothing to reconnect to.
 */
import {
  checkMessage,
  checkTopic,
  GapListeners,
  type MessageListener,
  type PubSub,
  type Subscription,
  TopicListeners,
} from "../../pubsub/index.ts";
import type { Link } from "../../wire/index.ts";

export class LinkPubSub implements PubSub {
  readonly #link: Pick<Link, "notify" | "request">;
  readonly #listeners = new TopicListeners();
  readonly #gaps = new GapListeners();
  readonly #ready = new Map<string, Promise<void>>();

  constructor(link: Pick<Link, "notify" | "request">) {
    this.#link = link;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    for (const topic of this.#ready.keys()) this.#link.notify("unsubscribe", topic);
    this.#ready.clear();
    this.#listeners.clear();
  }

  publish(topic: string, message: string): void {
    checkMessage(topic, message);
    this.#link.notify("publish", [topic, message]);
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    checkTopic(topic);
    const own: MessageListener = (message) => listener(message);
    if (this.#listeners.add(topic, own)) this.#ready.set(topic, this.#subscribe(topic));
    return {
      ready: this.#ready.get(topic) as Promise<void>,
      unsubscribe: () => {
        if (!this.#listeners.delete(topic, own)) return;
        this.#ready.delete(topic);
        this.#link.notify("unsubscribe", topic);
      },
    };
  }

  onGap(listener: () => void): () => void {
    return this.#gaps.add(listener);
  }

  /** The node's first gateway brings a message. */
  take(topic: string, message: string): void {
    this.#listeners.dispatch(topic, message);
  }

  gap(): void {
    this.#gaps.tell();
  }

  #subscribe(topic: string): Promise<void> {
    return this.#link.request("subscribe", topic).then(
      () => undefined,
      () => undefined, // The link is gone, and this process with it.
    );
  }
}
