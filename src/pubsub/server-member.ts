/**
 * What every member is made of whose words go over a server: its listeners, what waits to be sent, and what the server should know of its
 * subscriptions. An adapter brings the wires.
 *
 * States: closed → open → closed. While it is closed nothing is sent, and no gap is told.
 */
import { type Clock, type Events, toError } from "../core/index.ts";
import { GapListeners } from "./gap-listeners.ts";
import { type InterestChange, InterestSync } from "./interest-sync.ts";
import { Outbox, type OutgoingMessage } from "./outbox.ts";
import { checkMessage, checkTopic, type PubSub, type Subscription } from "./port.ts";
import { type MessageListener, TopicListeners } from "./topic-listeners.ts";

export interface ServerMemberOptions {
  /** Names the server's kind in events. */
  readonly adapter: string;
  readonly clock: Clock;
  readonly events: Events;
  /** Sends a batch, in order; rejects when it is not sure to have arrived. */
  readonly send: (batch: readonly OutgoingMessage[]) => Promise<void>;
  /** Makes a change of the subscriptions true at the server. */
  readonly apply: (change: InterestChange) => Promise<void>;
}

export class ServerMember implements Pick<PubSub, "publish" | "subscribe" | "onGap"> {
  readonly #options: ServerMemberOptions;
  readonly #listeners = new TopicListeners();
  readonly #gaps = new GapListeners();
  readonly #outbox: Outbox;
  readonly #interest: InterestSync;
  #open = false;

  constructor(options: ServerMemberOptions) {
    const { adapter, clock, events, send, apply } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      send,
      lost: (messages, cause) => {
        events.emit("pubsub.lost", { adapter, messages, reason: cause ? toError(cause).message : "too many wait" });
      },
      recovered: () => this.gap("messages could not be sent"),
    });
    this.#interest = new InterestSync({ clock, apply, onError: (thrown) => this.caught("subscribe", thrown) });
  }

  open(): void {
    this.#open = true;
  }

  /** Takes nothing more; resolves when what waited has been sent. Safe twice. */
  async close(): Promise<void> {
    this.#open = false;
    this.#interest.stop();
    this.#listeners.clear();
    await this.#outbox.idle();
  }

  publish(topic: string, message: string): void {
    checkMessage(topic, message);
    if (this.#open) this.#outbox.push({ topic, message });
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

  /** A message has come. */
  deliver(topic: string, message: string): void {
    this.#listeners.dispatch(topic, message);
  }

  /** The server knows nothing of this member any more: all is told again, and then that there was a gap. */
  forgotten(reason: string): void {
    void this.#interest.reset().then(() => this.gap(reason));
  }

  /** Words may have been lost, and flow again. */
  gap(reason: string): void {
    if (!this.#open) return;
    this.#options.events.emit("pubsub.gap", { adapter: this.#options.adapter, reason });
    this.#gaps.tell();
  }

  /** Something came that no member sends. */
  refused(topic: string, reason: string): void {
    this.#options.events.emit("pubsub.message-refused", { topic, reason });
  }

  caught(what: string, thrown: unknown): void {
    const stage = `pubsub ${this.#options.adapter}: ${what}`;
    this.#options.events.emit("error.caught", { stage, error: toError(thrown) });
  }
}
