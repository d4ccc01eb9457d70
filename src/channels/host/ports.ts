/** What a channel host needs of its node. */
import type { ChannelId, HostCommand, LinkBody, PresenceState } from "../protocol.ts";
import type { ActorSendOptions, BroadcastReceipt } from "./context-types.ts";

export interface HostPorts {
  /** To the gateway that holds the channel (`gatewayOf`); a `disconnect` to every gateway. In the order of the calls. */
  command(command: HostCommand): void;
  /** Makes a broadcast durable where its topic keeps history, then sends it to every gateway. */
  broadcast(broadcast: OutgoingBroadcast): Promise<BroadcastReceipt>;
  /** Makes a message for an actor durable, with `topic` as the place where its replies go; resolves with its id. */
  send(message: OutgoingMessage): Promise<string>;
  /** Who is present on the topic, as the channel's gateway sees it. */
  presences(channel: ChannelId, topic: string): Promise<PresenceState>;
}

export interface OutgoingMessage extends ActorSendOptions {
  readonly topic: string;
  /** The actor's name. */
  readonly target: string;
  readonly key: string;
  readonly message: unknown;
}

export interface OutgoingBroadcast {
  readonly topic: string;
  readonly event: string;
  readonly body: LinkBody;
  readonly except?: ChannelId;
}
