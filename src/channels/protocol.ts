/**
 * What a gateway and the workers say to each other about channels: plain JSON-able data, carried by whatever link the node has.
 *
 * Gateway → worker: requests (each answered once, or rejected because the worker has gone) and notices. Worker → gateway: commands.
 * What the link must promise: what one side sends arrives in that order. Nothing here needs to survive.
 */
import type { PhoenixBody, PhoenixRef } from "../wire/index.ts";

/** One join of one topic by one socket, unique among all gateways: `<gateway id>.<number>`. A rejoin gets a new one. */
export type ChannelId = string;

/** The gateway that a channel lives at; commands that name a channel go there alone. */
export function gatewayOf(channel: ChannelId): string {
  return channel.slice(0, channel.lastIndexOf("."));
}

/** What a user keeps with a socket or a channel. Serialisable: it is kept in the gateway and outlives workers. */
export type Assigns = Readonly<Record<string, unknown>>;

/** A payload that no schema describes. */
export type Payload = Readonly<Record<string, unknown>>;

/** A payload on the link: JSON text of an object, or bytes. */
export type LinkBody = string | BinaryBody;

export interface BinaryBody {
  readonly base64: string;
}

export function toLinkBody(body: PhoenixBody): LinkBody {
  return typeof body === "string" ? body : { base64: body.toBase64() };
}

export function fromLinkBody(body: LinkBody): PhoenixBody {
  return typeof body === "string" ? body : Uint8Array.fromBase64(body.base64);
}

/** Who asks to connect. */
export interface ConnectInfo {
  /** The query, nested as the client wrote it (`user[id]=1`), without `vsn`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  /** The client's `authToken`, from the subprotocol or the long-poll header; null when it sent none. */
  readonly token: string | null;
  /** Address of the other end, as the server sees it; null when unknown. */
  readonly peer: string | null;
  readonly transport: TransportKind;
}

export type TransportKind = "websocket" | "longpoll";

/** What a handler may know about the socket. */
export interface SocketInfo {
  /** What `connect` named it, for `disconnect`; null when it did not. */
  readonly id: string | null;
  readonly assigns: Assigns;
  readonly transport: TransportKind;
}

/** All that a worker needs to go on with a channel that another worker began. */
export interface Attachment {
  readonly topic: string;
  readonly socket: SocketInfo;
  readonly assigns: Assigns;
  /** Grows with each change of `assigns`; the newest wins. */
  readonly assignsVersion: number;
}

// ── Gateway → worker ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ConnectRequest {
  readonly kind: "connect";
  readonly info: ConnectInfo;
}

export type ConnectResponse =
  | {
      readonly kind: "accepted";
      readonly id: string | null;
      readonly assigns: Assigns;
      /** Wall time, ms; null or absent: for good. */
      readonly expiresAtMs?: number | null;
    }
  | { readonly kind: "refused"; readonly reason: string };

/** A connected client shows a new token. */
export interface RefreshRequest {
  readonly kind: "refresh";
  readonly socket: SocketInfo;
  readonly token: string;
}

export type RefreshResponse =
  | { readonly kind: "accepted"; readonly assigns: Assigns; readonly expiresAtMs: number | null }
  | { readonly kind: "refused"; readonly reason: string };

export interface JoinRequest {
  readonly kind: "join";
  readonly channel: ChannelId;
  readonly attach: Attachment;
  /** The client's params. */
  readonly params: LinkBody;
  /** The same socket's earlier join of this topic: its handlers and `terminate` finish before this join begins. */
  readonly replaces?: ChannelId;
}

/** `response` of a join is JSON text of an object: the gateway adds to it. */
export type JoinResponse =
  | { readonly kind: "joined"; readonly response: string; readonly assigns: AssignsChange | null }
  | { readonly kind: "refused"; readonly response: string }
  | { readonly kind: "crashed"; readonly message: string };

export interface PushRequest {
  readonly kind: "push";
  readonly channel: ChannelId;
  /** Present when the gateway thinks that this worker does not know the channel. */
  readonly attach?: Attachment;
  readonly ref: PhoenixRef;
  readonly event: string;
  readonly body: LinkBody;
}

/** `unattached`: this worker does not know the channel; ask again with `attach`. */
export type PushResponse =
  | { readonly kind: "done"; readonly reply: ChannelReply | null; readonly assigns: AssignsChange | null }
  | { readonly kind: "crashed"; readonly message: string }
  | { readonly kind: "unattached" };

/** Asks what each channel should see of a broadcast whose event its definition intercepts. */
export interface FilterRequest {
  readonly kind: "filter";
  readonly channels: readonly (readonly [ChannelId, Attachment | null])[];
  readonly event: string;
  readonly body: LinkBody;
}

/** One a channel, in the order asked: true: as it is; false: not at all; `unattached`; or what it sees instead. */
export interface FilterResponse {
  readonly kind: "filtered";
  readonly verdicts: readonly FilterVerdict[];
}

export type FilterVerdict = boolean | "unattached" | { readonly body: LinkBody };

export type HostRequest = ConnectRequest | RefreshRequest | JoinRequest | PushRequest | FilterRequest;

/** The answer to each kind of request. */
export interface HostResponses {
  readonly connect: ConnectResponse;
  readonly refresh: RefreshResponse;
  readonly join: JoinResponse;
  readonly push: PushResponse;
  readonly filter: FilterResponse;
}

export type ResponseTo<R extends HostRequest> = HostResponses[R["kind"]];

/** A channel has ended: its `terminate` runs, and the worker forgets it. */
export interface TerminateNotice {
  readonly kind: "terminate";
  readonly channel: ChannelId;
  readonly attach?: Attachment;
  readonly reason: TerminateReason;
}

/** `left`: the client left; `closed`: its socket closed; `replaced`: it joined again; `crashed`: a handler threw; `stopped`: a handler said so. */
export type TerminateReason = "left" | "closed" | "replaced" | "crashed" | "stopped";

export type HostNotice = TerminateNotice;

export interface ChannelReply {
  readonly status: "ok" | "error";
  readonly body: LinkBody;
}

export interface AssignsChange {
  readonly version: number;
  readonly value: Assigns;
}

// ── Worker → gateway ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Commands about one channel: for the gateway that holds it. One that has ended meanwhile is passed over. */
export type ChannelCommand =
  | { readonly kind: "push"; readonly channel: ChannelId; readonly event: string; readonly body: LinkBody }
  | { readonly kind: "reply"; readonly channel: ChannelId; readonly ref: PhoenixRef; readonly reply: ChannelReply }
  | { readonly kind: "assigns"; readonly channel: ChannelId; readonly assigns: AssignsChange }
  | { readonly kind: "track"; readonly channel: ChannelId; readonly key: string; readonly meta: PresenceMeta }
  | { readonly kind: "update"; readonly channel: ChannelId; readonly key: string; readonly meta: PresenceMeta }
  | { readonly kind: "untrack"; readonly channel: ChannelId; readonly key: string }
  | { readonly kind: "stop"; readonly channel: ChannelId };

/** What is known about a presence beside its key. `phx_ref` and `phx_ref_prev` are the gateway's. */
export type PresenceMeta = Readonly<Record<string, unknown>>;

/** Presences of a topic, as the client's Presence class takes them. */
export type PresenceState = Readonly<Record<string, { readonly metas: readonly PresenceMeta[] }>>;

/** To every socket that joined the topic, at every gateway. */
export interface BroadcastCommand {
  readonly kind: "broadcast";
  readonly topic: string;
  readonly event: string;
  readonly body: LinkBody;
  /** Its position in the topic's history, when the topic keeps one. */
  readonly seq?: number;
  /** The channel that is passed over: the sender of a `broadcastFrom`. */
  readonly except?: ChannelId;
}

/** Closes every socket of that id, at every gateway. */
export interface DisconnectCommand {
  readonly kind: "disconnect";
  readonly socketId: string;
}

export type HostCommand = ChannelCommand | BroadcastCommand | DisconnectCommand;
