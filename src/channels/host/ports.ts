/** What a channel host needs of its node. */
import type { ChannelId, HostCommand, LinkBody, PresenceState } from "../protocol.ts";
import type { BroadcastReceipt } from "./context-types.ts";

export interface HostPorts {
  /** To the gateway that holds the channel (`gatewayOf`); a `disconnect` to every gateway. In the order of the calls. */
  command(command: HostCommand): void;
  /** Makes a broadcast durable where its topic keeps history, then sends it to every gateway. */
  broadcast(broadcast: OutgoingBroadcast): Promise<BroadcastReceipt>;
  /** Who is present on the topic, as the channel's gateway sees it. */
  presences(channel: ChannelId, topic: string): Promise<PresenceState>;
}

export interface OutgoingBroadcast {
  readonly topic: string;
  readonly event: string;
  readonly body: LinkBody;
  readonly except?: ChannelId;
}
