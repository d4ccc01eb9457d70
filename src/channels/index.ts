export { type ChannelBackend, WorkerGoneError } from "./backend.ts";
export {
  type ChannelDefinition,
  type ChannelOptions,
  type ConnectContext,
  type ConnectHandler,
  channel,
  defineSocket,
  type HistoryOptions,
  type PayloadOf,
  type RefreshAllowed,
  type RefreshContext,
  type RefreshHandler,
  type Schemas,
  type SocketAllowed,
  type SocketDefinition,
  type SocketOptions,
  type SocketRefused,
} from "./define.ts";
export type { ChannelGatewayOptions, ClusterPort, SocketTraffic } from "./gateway/context.ts";
export { type Admission, ChannelGateway, type ConnectOutcome, type TopicSummary } from "./gateway/gateway.ts";
export { LONG_POLL_STATUS, LongPolls, type PollAnswer } from "./gateway/long-poll.ts";
export { type OriginPolicy, originAllowed } from "./gateway/origin.ts";
export type { SocketIdentity, SocketSession } from "./gateway/socket-session.ts";
export type { NativePublish, NativeSubscriber, SocketTransport } from "./gateway/transport.ts";
export { Broadcaster, type BroadcasterOptions } from "./history/broadcaster.ts";
export type { HistoryStore } from "./history/history-store.ts";
export { ChannelHost, type ChannelHostOptions } from "./host/channel-host.ts";
export type {
  ActorReference,
  ActorSendOptions,
  BroadcastReceipt,
  ChannelContext,
  JoinAllowed,
  JoinContext,
  JoinRefused,
  JoinResult,
  Outgoing,
  ReplyRef,
} from "./host/context-types.ts";
export { manifestOf } from "./host/manifest-of.ts";
export type { HostPorts, OutgoingBroadcast, OutgoingMessage } from "./host/ports.ts";
export { type ChannelLimits, channelLimits, DEFAULT_CHANNEL_LIMITS } from "./limits.ts";
export { type ChannelEntry, type ChannelManifest, entryFor, type HistoryPolicy } from "./manifest.ts";
export { matchesPattern, type TopicOf } from "./pattern.ts";
export type { PresenceEntry } from "./presence/presence-entry.ts";
export { isPresenceKey } from "./presence/presence-key.ts";
export {
  type MergeOutcome,
  type PresenceDelta,
  type PresenceSnapshot,
  PresenceTable,
} from "./presence/presence-table.ts";
export {
  type Assigns,
  type AssignsChange,
  type Attachment,
  type BinaryBody,
  type BroadcastCommand,
  type ChannelCommand,
  type ChannelId,
  type ChannelReply,
  type ConnectInfo,
  type ConnectRequest,
  type ConnectResponse,
  type DisconnectCommand,
  type FilterRequest,
  type FilterResponse,
  type FilterVerdict,
  fromLinkBody,
  gatewayOf,
  type HostCommand,
  type HostNotice,
  type HostRequest,
  type HostResponses,
  type JoinRequest,
  type JoinResponse,
  type LinkBody,
  type Payload,
  type PresenceMeta,
  type PresenceState,
  type PushRequest,
  type PushResponse,
  type RefreshRequest,
  type RefreshResponse,
  type ResponseTo,
  type SocketInfo,
  type TerminateNotice,
  type TerminateReason,
  type TransportKind,
  toLinkBody,
} from "./protocol.ts";
export { CLOSE_CODES, REASONS } from "./wire-codes.ts";
