/** What the parts of one gateway's channel engine share. */
import type { Clock, Events } from "../../core/index.ts";
import type { ChannelBackend } from "../backend.ts";
import type { HistoryStore } from "../history/history-store.ts";
import type { ChannelLimits } from "../limits.ts";
import type { ChannelManifest } from "../manifest.ts";
import type { ChannelId } from "../protocol.ts";
import type { NativePublish } from "./transport.ts";

/** What the engine tells of itself to whoever connects it with the other gateways of a cluster. */
export interface ClusterPort {
  /** The first socket here joins the topic; it has joined when the promise resolves: what other gateways broadcast arrives from then on. */
  topicOpened(topic: string): Promise<void> | undefined;
  /** Nobody here is on the topic any more. */
  topicClosed(topic: string): void;
  /** Who is present, here or elsewhere, has changed. */
  presenceChanged(): void;
}

export interface ChannelGatewayOptions {
  /** Unique among all gateways, also after a restart: presences and channel ids begin with it. No `.` in it. */
  readonly gatewayId: string;
  readonly manifest: ChannelManifest;
  readonly backend: ChannelBackend;
  /** Needed when a channel keeps history. */
  readonly store?: HistoryStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits?: Partial<ChannelLimits>;
  /** Absent: this gateway is the only one. */
  readonly cluster?: ClusterPort;
  /** Gives [0, 1); for spreading. Default `Math.random`. */
  readonly random?: () => number;
}

/** Counted since the gateway was made: joins that were let in, frames that came, frames that went. */
export interface SocketTraffic {
  joins: number;
  received: number;
  sent: number;
}

export interface GatewayContext extends Omit<ChannelGatewayOptions, "limits" | "manifest"> {
  readonly limits: ChannelLimits;
  readonly random: () => number;
  readonly traffic: SocketTraffic;
  /** Replaced by a deploy. */
  manifest: ChannelManifest;
  /** Set by the door when the runtime can fan out by itself. */
  nativePublish: NativePublish | undefined;
  nextChannelId(): ChannelId;
}
