/**
 * The worker's links to its gateways.
 *
 * The first gateway is the node's own process: the worker links to it before anything else, and ends when that link closes, for its node is gone, or
 * wants it gone. The others may die and come back: each is linked to again, and told anew what this worker is.
 */
import { connectLink } from "../../adapters/bun/index.ts";
import { type ChannelId, gatewayOf, type HostCommand, type PresenceState } from "../../channels/index.ts";
import { type BackoffPolicy, type Clock, fullJitterMs, InvalidInputError, SECOND, sleep } from "../../core/index.ts";
import { type Link, LinkClosedError } from "../../wire/index.ts";
import type { ToGateway, ToWorker, WorkerHello } from "../link-protocol.ts";
import type { WorkerBoot } from "../worker-boot.ts";

/** What a worker does with what its gateways say. */
export type GatewayHandlers = {
  readonly [K in Exclude<keyof ToWorker, "welcome">]: (data: ToWorker[K]) => void;
} & {
  readonly request: (kind: string, data: unknown) => Promise<unknown>;
  /** The node is gone. */
  readonly closed: () => void;
  /** One of the other gateways is gone, and its sockets with it. */
  readonly gatewayGone: (gatewayId: string) => void;
};

interface Peer {
  readonly path: string;
  readonly first: boolean;
  /** Undefined while it is away. */
  link: Link | undefined;
  /** Known once it has answered `hello`. */
  gatewayId: string | undefined;
  /** Was it told that this worker is ready? */
  told: boolean;
  /** Keys whose messages' steps somebody there watches. */
  watched: readonly string[];
}

const RECONNECT: BackoffPolicy = { baseMs: 50, capMs: SECOND };

export class GatewayLinks {
  readonly #boot: WorkerBoot;
  readonly #clock: Clock;
  readonly #handlers: GatewayHandlers;
  readonly #peers: readonly Peer[];
  /** What `ready` told; undefined before, and once this worker drains. */
  #manifest: unknown;
  #serving: boolean;
  #closed = false;

  private constructor(boot: WorkerBoot, clock: Clock, handlers: GatewayHandlers) {
    this.#boot = boot;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#serving = !boot.standby;
    this.#peers = boot.gateways.map((path, index) => {
      return { path, first: index === 0, link: undefined, gatewayId: undefined, told: false, watched: [] };
    });
  }

  /** Links to every gateway that is up and says hello; to others as they come up. @throws GodwitError `link_refused`. */
  static async connect(boot: WorkerBoot, clock: Clock, handlers: GatewayHandlers): Promise<GatewayLinks> {
    const links = new GatewayLinks(boot, clock, handlers);
    const [first, ...others] = links.#peers;
    await links.#link(first as Peer);
    // Before it says that it is ready: what it broadcasts must reach the sockets of every gateway that is up.
    await Promise.allSettled(others.map((peer) => links.#link(peer)));
    for (const peer of others) void links.#keepLinked(peer);
    return links;
  }

  /** To the node's first gateway, which looks after workers and messages. */
  notify<K extends keyof ToGateway>(kind: K, data: ToGateway[K]): void {
    this.#peers[0]?.link?.notify(kind, data);
  }

  /** To every gateway. */
  notifyAll<K extends keyof ToGateway>(kind: K, data: ToGateway[K]): void {
    for (const { link } of this.#peers) link?.notify(kind, data);
  }

  /** What is about one channel goes to the gateway that holds it; the rest to all. */
  command(command: HostCommand): void {
    if (command.kind === "broadcast" || command.kind === "disconnect") this.notifyAll("channel", command);
    else this.#holderOf(command.channel)?.link?.notify("channel", command);
  }

  /** This worker has loaded its app. Resolves when the first gateway has taken it. */
  async ready(manifest: unknown): Promise<void> {
    this.#manifest = manifest;
    const others = this.#peers.filter(({ first, link }) => !first && link);
    const told = others.map((peer) => this.#tellReady(peer).catch(() => undefined));
    await Promise.all([this.#tellReady(this.#peers[0] as Peer), ...told]);
  }

  /** It serves from now on: the first gateway knows, for it has said so. */
  serves(): void {
    this.#serving = true;
    for (const { first, link } of this.#peers) if (!first) link?.notify("serving", null);
  }

  /** It takes nothing new. Past the answers it is sent no more requests. */
  async draining(): Promise<void> {
    this.#manifest = undefined;
    const [first, ...others] = this.#peers.map(({ link }) => link);
    // Another gateway may be away: it will not know of this worker when it is back.
    const asked = others.map((link) => link?.request("draining", null).catch(() => undefined));
    await Promise.all([first?.request("draining", null), ...asked]);
  }

  /** Why it cannot work. */
  async loadFailed(failure: unknown): Promise<void> {
    await this.#peers[0]?.link?.request("load-failed", failure);
  }

  /** Who is present on a topic, as the gateway of this channel sees it. @throws LinkClosedError when that is gone. */
  async presences(channel: ChannelId, topic: string): Promise<PresenceState> {
    const link = this.#holderOf(channel)?.link;
    if (!link) throw new LinkClosedError("the channel's gateway");
    return (await link.request("presences", { channel, topic })) as PresenceState;
  }

  close(): void {
    this.#closed = true;
    for (const { link } of this.#peers) link?.close();
  }

  #holderOf(channel: ChannelId): Peer | undefined {
    const gatewayId = gatewayOf(channel);
    return this.#peers.find((peer) => peer.gatewayId === gatewayId);
  }

  async #keepLinked(peer: Peer): Promise<void> {
    for (let attempt = 1; !this.#closed && !peer.link; attempt++) {
      try {
        await this.#link(peer);
        await this.#tellReady(peer);
      } catch {
        await sleep(this.#clock, fullJitterMs(RECONNECT, attempt)); // It is starting, or being started again.
      }
    }
  }

  async #tellReady(peer: Peer): Promise<void> {
    if (this.#manifest === undefined || peer.told) return;
    peer.told = true;
    await peer.link?.request("ready", this.#manifest);
  }

  async #link(peer: Peer): Promise<void> {
    const link = await connectLink(peer.path, this.#clock, () => ({
      peer: "the gateway",
      onNotification: (kind: string, data: unknown) => this.#notified(peer, kind as keyof ToWorker, data),
      onRequest: this.#handlers.request,
      onClose: () => this.#lost(peer),
    }));
    peer.link = link;
    link.notify("hello", this.#hello());
  }

  #hello(): WorkerHello {
    const { memberId, slot, release } = this.#boot;
    return { memberId, slot, release, standby: !this.#serving, pid: process.pid };
  }

  #notified(peer: Peer, kind: keyof ToWorker, data: unknown): void {
    if (kind === "welcome") {
      peer.gatewayId = data as string;
      return;
    }
    if (kind === "watch") return this.#watch(peer, data as readonly string[]);
    const handler = this.#handlers[kind] as ((data: unknown) => void) | undefined;
    if (!handler) throw new InvalidInputError("link notification", "one that a worker knows", kind);
    handler(data);
  }

  /** Whatever is watched at any gateway is watched here. */
  #watch(peer: Peer, keys: readonly string[]): void {
    peer.watched = keys;
    this.#handlers.watch([...new Set(this.#peers.flatMap(({ watched }) => watched))]);
  }

  #lost(peer: Peer): void {
    if (peer.first) return this.#handlers.closed();
    const { gatewayId } = peer;
    peer.link = undefined;
    peer.gatewayId = undefined;
    peer.told = false;
    if (this.#closed) return;
    if (peer.watched.length > 0) this.#watch(peer, []);
    if (gatewayId !== undefined) this.#handlers.gatewayGone(gatewayId);
    void this.#keepLinked(peer);
  }
}
