import type { ChannelEntry } from "../manifest.ts";
import type { Membership } from "./socket-session.ts";
import { Topic, type TopicPorts } from "./topic.ts";

/** The topics that somebody at this gateway has joined, each kept while a membership holds it. */
export class Topics {
  readonly #ports: TopicPorts;
  readonly #topics = new Map<string, Topic>();

  constructor(ports: TopicPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#topics.size;
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  all(): IterableIterator<Topic> {
    return this.#topics.values();
  }

  /** Keeps the member's topic open until `release`. */
  retain(member: Membership): Topic {
    const topic = this.#topics.get(member.topic) ?? this.#open(member.topic, member.entry);
    topic.holders++;
    member.retained = true;
    return topic;
  }

  /** The member is a subscriber no longer. Safe twice, and without a `retain`. */
  release(member: Membership): void {
    const topic = this.#topics.get(member.topic);
    if (!topic || !member.retained) return;
    member.retained = false;
    topic.subscribers.delete(member);
    if (--topic.holders > 0) return;
    topic.close();
    this.#topics.delete(topic.name);
    this.#ports.context.cluster?.topicClosed(topic.name);
  }

  #open(name: string, entry: ChannelEntry): Topic {
    const topic = new Topic(name, entry, this.#ports);
    this.#topics.set(name, topic);
    topic.opening = this.#ports.context.cluster?.topicOpened(name)?.then(() => {
      topic.opening = undefined;
    });
    return topic;
  }
}
