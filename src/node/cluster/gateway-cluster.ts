/**
 * One gateway among the others of its node and of other nodes: takes their broadcasts for topics that somebody here has joined, their presences,
 * and their wish to close sockets; tells them who is present here.
 *
 * States: new → started (knows its channel engine) → stopped. Nothing survives a crash: what is durable is in the store, and a gap in what
 * came over pub/sub is filled from there.
 */
import type { ChannelGateway, ClusterPort } from "../../channels/index.ts";
import { type Clock, type Events, SECOND } from "../../core/index.ts";
import type { PubSub, Subscription } from "../../pubsub/index.ts";
import { PresenceExchange } from "./presence-exchange.ts";
import { readBroadcast, readWord, TOPICS, type Word } from "./words.ts";

export interface GatewayClusterOptions {
  /** Started. This gateway is one member of it. */
  readonly pubsub: PubSub;
  readonly clock: Clock;
  readonly events: Events;
}

export type ClusteredGateway = Pick<ChannelGateway, "presence" | "deliverBroadcast" | "disconnect" | "catchUp">;

/** A join waits so long for the server to take the subscription; then it goes on, and what was missed is made up for later. */
const SUBSCRIBE_DEADLINE_MS: number = 2 * SECOND;

export class GatewayCluster implements ClusterPort {
  readonly #options: GatewayClusterOptions;
  readonly #topics = new Map<string, Subscription>();
  #own: readonly Subscription[] = [];
  #gateway: ClusteredGateway | undefined;
  #presences: PresenceExchange | undefined;
  #offGap: () => void = () => {};

  constructor(options: GatewayClusterOptions) {
    this.#options = options;
  }

  /** Connects the engine with the others. Resolves when the others can be heard. */
  async start(gateway: ClusteredGateway): Promise<void> {
    const { pubsub, clock, events } = this.#options;
    this.#gateway = gateway;
    this.#presences = new PresenceExchange({
      presence: gateway.presence,
      clock,
      events,
      toAll: (word) => this.#say(TOPICS.gateways, word),
      toOne: (gatewayId, word) => this.#say(TOPICS.gateway(gatewayId), word),
      lost: () => void gateway.catchUp(),
    });
    const addresses = [TOPICS.gateways, TOPICS.gateway(gateway.presence.replica)];
    this.#own = addresses.map((address) => pubsub.subscribe(address, (text) => this.#hear(address, text)));
    this.#offGap = pubsub.onGap(() => this.#gap());
    await inTime(Promise.all(this.#own.map(({ ready }) => ready)), clock);
    this.#presences.start();
  }

  /** Takes leave of the others. The pub/sub member is still to be stopped. Safe twice, and before `start`. */
  stop(): void {
    this.#presences?.stop();
    this.#offGap();
    for (const { unsubscribe } of [...this.#own, ...this.#topics.values()]) unsubscribe();
    this.#own = [];
    this.#topics.clear();
  }

  topicOpened(topic: string): Promise<void> {
    const { pubsub, clock } = this.#options;
    const subscription = pubsub.subscribe(TOPICS.broadcasts(topic), (text) => this.#broadcast(topic, text));
    this.#topics.set(topic, subscription);
    return inTime(subscription.ready, clock).then((ready) => {
      if (!ready) void subscription.ready.then(() => this.#gateway?.catchUp());
    });
  }

  topicClosed(topic: string): void {
    this.#topics.get(topic)?.unsubscribe();
    this.#topics.delete(topic);
  }

  presenceChanged(): void {
    this.#presences?.changed();
  }

  /** Durable broadcasts of this node may not have been told of: all others should read them from the store. */
  askToCatchUp(): void {
    this.#say(TOPICS.gateways, { kind: "catch-up" });
  }

  /** A gateway has died without a word: its presences end everywhere, now and not when its silence is noticed. Its id is never used again. */
  bury(gatewayId: string): void {
    const incarnation = Number.MAX_SAFE_INTEGER;
    this.#presences?.left(gatewayId, incarnation);
    this.#say(TOPICS.gateways, { kind: "left", replica: gatewayId, incarnation });
  }

  #broadcast(topic: string, text: string): void {
    const broadcast = readBroadcast(topic, text);
    if (broadcast) this.#gateway?.deliverBroadcast(broadcast);
    else this.#refuse(TOPICS.broadcasts(topic));
  }

  #hear(address: string, text: string): void {
    const word = readWord(text);
    if (word) this.#obey(word);
    else this.#refuse(address);
  }

  #obey(word: Word): void {
    switch (word.kind) {
      case "delta":
        return this.#presences?.take(word.delta);
      case "snapshot":
        return this.#presences?.take(word.snapshot);
      case "wanted":
        return this.#presences?.wanted(word.by);
      case "left":
        return this.#presences?.left(word.replica, word.incarnation);
      case "presumed-dead":
        return this.#presences?.presumedDead(word.incarnation);
      case "disconnect":
        return this.#gateway?.disconnect(word.socketId);
      case "catch-up":
        return void this.#gateway?.catchUp();
    }
  }

  /** Words may have been lost in either direction: everybody reads from where nothing is lost. */
  #gap(): void {
    this.#presences?.resync();
    this.askToCatchUp();
    void this.#gateway?.catchUp();
  }

  #say(address: string, word: Word): void {
    this.#options.pubsub.publish(address, JSON.stringify(word));
  }

  #refuse(topic: string): void {
    this.#options.events.emit("pubsub.message-refused", { topic, reason: "a word that no gateway says" });
  }
}

/** Resolves when `ready` does, with true, or at the deadline. */
async function inTime(ready: Promise<unknown>, clock: Clock): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = clock.after(SUBSCRIBE_DEADLINE_MS, () => resolve(false));
  const result = await Promise.race([ready.then(() => true), late]);
  timer.cancel();
  return result;
}
