import type { ChannelEntry } from "../manifest.ts";
import type { GatewayContext } from "./context.ts";
import type { Membership } from "./membership.ts";
import { type FanOutObserver, Topic } from "./topic.ts";

/** The topics that somebody at this gateway has joined. */
export class Topics {
  readonly #context: GatewayContext;
  readonly #observer: FanOutObserver;
  readonly #topics = new Map<string, Topic>();

  constructor(context: GatewayContext, observer: FanOutObserver) {
    this.#context = context;
    this.#observer = observer;
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  names(): IterableIterator<string> {
    return this.#topics.keys();
  }

  subscribe(member: Membership): Topic {
    const topic = this.#topics.get(member.topic) ?? this.#open(member.topic, member.entry);
    topic.add(member);
    return topic;
  }

  unsubscribe(member: Membership): void {
    const topic = this.#topics.get(member.topic);
    if (!topic) return;
    topic.delete(member);
    if (topic.size === 0) this.#topics.delete(member.topic);
  }

  #open(name: string, entry: ChannelEntry): Topic {
    const topic = new Topic(name, entry, this.#context, this.#observer);
    this.#topics.set(name, topic);
    return topic;
  }
}
