/**
 * A node's place among others: the server that carries words between nodes, where there is one, and the hub through which the node's own
 * gateways are one member of it.
 *
 * States: new → started → stopped. When the server is away the node goes on alone: its own gateways still hear each other.
 */
import type { Clock, Events } from "../../core/index.ts";
import type { AskReply } from "../../lanes/index.ts";
import { type PubSub, PubSubHub } from "../../pubsub/index.ts";
import type { Shard } from "../../store/index.ts";
import { NodeLink } from "./node-link.ts";
import { openPubSub, type PubSubChoice, startPubSub } from "./open-pubsub.ts";

export interface NodeClusterOptions {
  readonly config: PubSubChoice & { readonly nodeName: string; readonly gateways: number };
  readonly shardCount: () => number;
  readonly clock: Clock;
  readonly events: Events;
  readonly wake: (shards: readonly Shard[]) => void;
  readonly answered: (reply: AskReply) => void;
}

export class NodeCluster {
  readonly #options: NodeClusterOptions;
  readonly #server: PubSub | undefined;
  readonly #hub: PubSubHub;
  #link: NodeLink | undefined;

  private constructor(options: NodeClusterOptions, server: PubSub | undefined) {
    this.#options = options;
    this.#server = server;
    this.#hub = new PubSubHub(server);
  }

  /** Undefined for a node of one gateway that is alone: it has nobody to talk to. */
  static of(options: NodeClusterOptions): NodeCluster | undefined {
    const { config, clock, events } = options;
    const server = openPubSub(config, clock, events);
    return server || config.gateways > 1 ? new NodeCluster(options, server) : undefined;
  }

  /** What leaves the node; undefined while it is alone. */
  get outward(): NodeLink | undefined {
    return this.#link;
  }

  /** One gateway's part in it. */
  member(): PubSub {
    return this.#hub.member();
  }

  /** @throws ConfigError when the server cannot be used. */
  async start(): Promise<void> {
    const { config, shardCount, ...rest } = this.#options;
    if (!this.#server) return;
    await startPubSub(this.#server);
    this.#link = new NodeLink({ ...rest, pubsub: this.#server, nodeName: config.nodeName, shardCount: shardCount() });
    this.#link.start();
  }

  /** Safe twice, and before `start`. */
  async stop(): Promise<void> {
    this.#link?.stop();
    this.#link = undefined;
    await this.#server?.stop();
  }
}
