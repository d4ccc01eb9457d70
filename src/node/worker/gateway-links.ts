/** The worker's links to its gateways. One that closes ends the worker: its node is gone, or wants it gone. */
import { connectLink } from "../../adapters/bun/index.ts";
import type { ChannelId, PresenceState } from "../../channels/index.ts";
import { type Clock, InvalidInputError } from "../../core/index.ts";
import type { Link } from "../../wire/index.ts";
import type { ToGateway, ToWorker } from "../link-protocol.ts";
import type { WorkerBoot } from "../worker-boot.ts";

/** What a worker does with what its gateways say. */
export type GatewayHandlers = {
  readonly [K in keyof ToWorker]: (data: ToWorker[K]) => void;
} & {
  readonly request: (kind: string, data: unknown) => Promise<unknown>;
  readonly closed: () => void;
};

export class GatewayLinks {
  readonly #links: readonly Link[];

  private constructor(links: readonly Link[]) {
    this.#links = links;
  }

  /** Connects to every gateway and says hello. @throws GodwitError `link_refused`. */
  static async connect(boot: WorkerBoot, clock: Clock, handlers: GatewayHandlers): Promise<GatewayLinks> {
    const links = await Promise.all(boot.gateways.map((path) => connectLink(path, clock, () => linkOptions(handlers))));
    const connected = new GatewayLinks(links);
    const { memberId, slot, release, standby } = boot;
    connected.notify("hello", { memberId, slot, release, standby, pid: process.pid });
    return connected;
  }

  /** To every gateway. */
  notify<K extends keyof ToGateway>(kind: K, data: ToGateway[K]): void {
    for (const link of this.#links) link.notify(kind, data);
  }

  /** Asks every gateway; resolves when all have answered. */
  async request(kind: string, data: unknown): Promise<void> {
    await Promise.all(this.#links.map((link) => link.request(kind, data)));
  }

  /** Who is present on a topic, as the gateway of this channel sees it. */
  async presences(channel: ChannelId, topic: string): Promise<PresenceState> {
    const gateway = this.#links[0] as Link;
    return (await gateway.request("presences", { channel, topic })) as PresenceState;
  }

  close(): void {
    for (const link of this.#links) link.close();
  }
}

function linkOptions(handlers: GatewayHandlers) {
  return {
    peer: "the gateway",
    onNotification: (kind: string, data: unknown) => {
      const handler = handlers[kind as keyof ToWorker] as ((data: unknown) => void) | undefined;
      if (!handler) throw new InvalidInputError("link notification", "one that a worker knows", kind);
      handler(data);
    },
    onRequest: handlers.request,
    onClose: handlers.closed,
  };
}
