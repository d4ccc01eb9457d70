/**
 * One node among others: carries out of it what its workers say to sockets and workers elsewhere, and brings in what others say to its workers.
 * There is one in a node, whatever number of gateways it has: what a worker says reaches those directly.
 */
import type { BroadcastCommand, DisconnectCommand } from "../../channels/index.ts";
import { type Clock, type Events, InvalidInputError, type Timer, toError } from "../../core/index.ts";
import type { AskReply } from "../../lanes/index.ts";
import type { PubSub, Subscription } from "../../pubsub/index.ts";
import type { Shard } from "../../store/index.ts";
import { readAskReply, readShards, TOPICS } from "./words.ts";

export interface NodeLinkOptions {
  /** Started. This node is one member of it. */
  readonly pubsub: PubSub;
  readonly nodeName: string;
  readonly shardCount: number;
  readonly clock: Clock;
  readonly events: Events;
  /** Shards have grown at another node; a worker of this one may hold them. */
  readonly wake: (shards: readonly Shard[]) => void;
  /** A worker of this node has its answer. */
  readonly answered: (reply: AskReply) => void;
}

/** Shards that grow within this time are told of at once. Who is not woken polls all the same. */
const WAKE_MS = 5;

export class NodeLink {
  readonly #options: NodeLinkOptions;
  #subscriptions: readonly Subscription[] = [];
  #grown = new Set<Shard>();
  #timer: Timer | undefined;

  constructor(options: NodeLinkOptions) {
    this.#options = options;
  }

  start(): void {
    const { pubsub, nodeName, shardCount, wake, answered } = this.#options;
    const own = TOPICS.node(nodeName);
    this.#subscriptions = [
      pubsub.subscribe(TOPICS.wakes, (text) => this.#use(TOPICS.wakes, readShards(text, shardCount), wake)),
      pubsub.subscribe(own, (text) => this.#use(own, readAskReply(text), answered)),
    ];
  }

  /** Safe twice, and before `start`. */
  stop(): void {
    this.#timer?.cancel();
    for (const { unsubscribe } of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
  }

  broadcast({ topic, event, body, seq, except }: Omit<BroadcastCommand, "kind">): void {
    this.#say(TOPICS.broadcasts(topic), { event, body, seq, except });
  }

  disconnect({ socketId }: Omit<DisconnectCommand, "kind">): void {
    this.#say(TOPICS.gateways, { kind: "disconnect", socketId });
  }

  /** Messages are durable in these shards. */
  grown(shards: readonly Shard[]): void {
    for (const shard of shards) this.#grown.add(shard);
    this.#timer ??= this.#options.clock.after(WAKE_MS, () => {
      this.#timer = undefined;
      const grown = this.#grown;
      this.#grown = new Set();
      this.#say(TOPICS.wakes, [...grown]);
    });
  }

  /** The answer to a worker of another node: `<node name>/…` is the process that asked. */
  askReply(reply: AskReply): void {
    const node = reply.process.split("/", 1)[0] as string;
    if (node !== this.#options.nodeName) this.#say(TOPICS.node(node), reply);
  }

  #use<T>(topic: string, word: T | undefined, use: (word: T) => void): void {
    if (word !== undefined) return use(word);
    this.#options.events.emit("pubsub.message-refused", { topic, reason: "a word that no node says" });
  }

  /** What is too long for pub/sub reaches this node alone; with history the others find it when they catch up. */
  #say(topic: string, word: object): void {
    try {
      this.#options.pubsub.publish(topic, JSON.stringify(word));
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      this.#options.events.emit("error.caught", { stage: "pubsub publish", error: toError(thrown) });
    }
  }
}
