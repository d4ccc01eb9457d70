/**
 * Pub/sub within one process, and the one way out of it: the members of a hub hear each other, and together they are one member of `upstream`,
 * where there is one. So a node has one connection to a server, however many gateways it runs.
 */
import { GapListeners } from "./gap-listeners.ts";
import { checkMessage, checkTopic, type PubSub, type Subscription } from "./port.ts";
import { type MessageListener, TopicListeners } from "./topic-listeners.ts";

interface Upstream {
  readonly subscription: Subscription;
  members: number;
}

export class PubSubHub {
  readonly #upstream: PubSub | undefined;
  readonly #members = new Set<HubMember>();
  readonly #subscribed = new Map<string, Upstream>();

  /** `upstream`: started and stopped by whoever made it. */
  constructor(upstream?: PubSub) {
    this.#upstream = upstream;
    upstream?.onGap(() => {
      for (const member of [...this.#members]) member.gap();
    });
  }

  /** Another member. It takes part until its `stop`. */
  member(): PubSub {
    const member: HubMember = new HubMember({
      publish: (topic, message) => {
        this.#upstream?.publish(topic, message);
        this.#tell(topic, message, member);
      },
      subscribe: (topic) => this.#subscribe(topic),
      unsubscribe: (topic) => this.#unsubscribe(topic),
      left: () => this.#members.delete(member),
    });
    this.#members.add(member);
    return member;
  }

  /** Later, never within `publish`: a listener may publish, and must not find its caller in the middle of something. */
  #tell(topic: string, message: string, from: HubMember | undefined): void {
    for (const member of this.#members) {
      if (member !== from && member.hears(topic)) queueMicrotask(() => member.deliver(topic, message));
    }
  }

  #subscribe(topic: string): Promise<void> {
    if (!this.#upstream) return Promise.resolve();
    const known = this.#subscribed.get(topic);
    if (known) known.members++;
    else {
      const subscription = this.#upstream.subscribe(topic, (message) => this.#tell(topic, message, undefined));
      this.#subscribed.set(topic, { subscription, members: 1 });
    }
    return (this.#subscribed.get(topic) as Upstream).subscription.ready;
  }

  #unsubscribe(topic: string): void {
    const known = this.#subscribed.get(topic);
    if (!known || --known.members > 0) return;
    this.#subscribed.delete(topic);
    known.subscription.unsubscribe();
  }
}

interface HubPorts {
  publish(topic: string, message: string): void;
  /** The member's first listener of the topic. */
  subscribe(topic: string): Promise<void>;
  /** Its last has gone. */
  unsubscribe(topic: string): void;
  left(): void;
}

class HubMember implements PubSub {
  readonly #ports: HubPorts;
  readonly #listeners = new TopicListeners();
  readonly #ready = new Map<string, Promise<void>>();
  readonly #gaps = new GapListeners();
  #stopped = false;

  constructor(ports: HubPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ports.left();
    this.#listeners.clear();
    for (const topic of this.#ready.keys()) this.#ports.unsubscribe(topic);
    this.#ready.clear();
  }

  publish(topic: string, message: string): void {
    checkMessage(topic, message);
    if (!this.#stopped) this.#ports.publish(topic, message);
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    checkTopic(topic);
    const own: MessageListener = (message) => listener(message);
    if (this.#listeners.add(topic, own)) this.#ready.set(topic, this.#ports.subscribe(topic));
    return {
      ready: this.#ready.get(topic) as Promise<void>,
      unsubscribe: () => {
        if (!this.#listeners.delete(topic, own)) return;
        this.#ready.delete(topic);
        this.#ports.unsubscribe(topic);
      },
    };
  }

  onGap(listener: () => void): () => void {
    return this.#gaps.add(listener);
  }

  hears(topic: string): boolean {
    return this.#listeners.has(topic);
  }

  deliver(topic: string, message: string): void {
    this.#listeners.dispatch(topic, message);
  }

  gap(): void {
    this.#gaps.tell();
  }
}
