/**
 * The channels of one gateway: every socket, what each has joined, and the way of each message. Pure of any runtime: sockets come in
 * through `accept` with a `SocketTransport`, workers are reached through a `ChannelBackend`. None of the user's code runs here.
 *
 * Holds nothing that must survive: a gateway that dies takes its sockets with it, and their clients join elsewhere and resume from history.
 */
import { toError } from "../../core/index.ts";
import { type MalformedFrameError, type PhoenixSerializer, phoenixV1, phoenixV2 } from "../../wire/index.ts";
import { channelLimits } from "../limits.ts";
import type { ChannelManifest } from "../manifest.ts";
import { PresenceDiffs } from "../presence/presence-diffs.ts";
import { PresenceTable } from "../presence/presence-table.ts";
import type { BroadcastCommand, ChannelId, ConnectInfo, HostCommand } from "../protocol.ts";
import { BacklogWatch } from "./backlog-watch.ts";
import { ChannelCommands } from "./channel-commands.ts";
import { ChannelLifecycle } from "./channel-lifecycle.ts";
import type { ChannelGatewayOptions, GatewayContext, SocketTraffic } from "./context.ts";
import { Inbound } from "./inbound.ts";
import { type Membership, NOBODY, type SocketIdentity, SocketSession } from "./socket-session.ts";
import { Sockets } from "./sockets.ts";
import { TokenRefresh } from "./token-refresh.ts";
import { Topics } from "./topics.ts";
import type { NativePublish, SocketTransport } from "./transport.ts";
import { WorkerCalls } from "./worker-calls.ts";

/** A socket that may be opened: made by `connect`, used up by `accept`. */
export interface Admission {
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  /** Null past the connection limit: the socket is opened only to tell its client to wait. */
  readonly identity: SocketIdentity | null;
}

/** `refused`: by the app. `unavailable`: no worker could be asked, or there are far too many sockets, or the gateway drains. */
export type ConnectOutcome =
  | { readonly kind: "admitted"; readonly admission: Admission }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unavailable"; readonly reason: string };

/** A topic as people see it. */
export interface TopicSummary {
  readonly topic: string;
  readonly subscribers: number;
  readonly keepsHistory: boolean;
}

export class ChannelGateway {
  /** Who is present, here and at other gateways: exchange its deltas and snapshots with theirs. */
  readonly presence: PresenceTable;
  readonly #context: GatewayContext;
  readonly #calls: WorkerCalls;
  readonly #topics: Topics;
  readonly #sockets: Sockets;
  readonly #backlog: BacklogWatch;
  readonly #commands: ChannelCommands;
  readonly #lifecycle: ChannelLifecycle;
  readonly #inbound: Inbound;
  readonly #members = new Map<ChannelId, Membership>();
  #lastNumber = 0;

  /** @throws InvalidInputError on a limit that is none. */
  constructor(options: ChannelGatewayOptions) {
    const context: GatewayContext = {
      ...options,
      limits: channelLimits(options.limits),
      random: options.random ?? Math.random,
      traffic: { joins: 0, received: 0, sent: 0 },
      nativePublish: undefined,
      nextChannelId: () => this.#nextId(),
    };
    this.#context = context;
    this.#calls = new WorkerCalls(options.backend);
    this.#sockets = new Sockets(context, (socket) => this.#endChannels(socket));
    this.#backlog = new BacklogWatch({
      context,
      fail: (member, reason) => this.#lifecycle.fail(member, reason, "stopped"),
      close: (socket, code, reason) => this.#sockets.close(socket, code, reason),
    });
    this.#topics = new Topics({
      context,
      find: (channel) => this.#members.get(channel),
      filter: (members, event, body) => this.#calls.filter(members, event, body),
      published: (subscribers, bytes) => this.#backlog.published(subscribers, bytes),
      fail: (member, reason) => this.#lifecycle.fail(member, reason, "stopped"),
    });
    const diffs = new PresenceDiffs({
      clock: options.clock,
      windowMs: context.limits.presenceWindowMs,
      flush: (topic, diff) => this.#topics.get(topic)?.announce("presence_diff", JSON.stringify(diff)),
    });
    this.presence = new PresenceTable(options.gatewayId, (joined, left) => {
      diffs.note(joined, left);
      options.cluster?.presenceChanged();
    });
    this.#commands = new ChannelCommands(context, this.presence, (member) => this.#lifecycle.stop(member));
    this.#lifecycle = new ChannelLifecycle({
      context,
      calls: this.#calls,
      topics: this.#topics,
      commands: this.#commands,
      members: this.#members,
    });
    const tokens = new TokenRefresh(context, this.#calls, this.#sockets);
    this.#inbound = new Inbound(context, this.#lifecycle, this.#sockets, tokens);
  }

  get id(): string {
    return this.#context.gatewayId;
  }

  get limits(): GatewayContext["limits"] {
    return this.#context.limits;
  }

  get clock(): GatewayContext["clock"] {
    return this.#context.clock;
  }

  get events(): GatewayContext["events"] {
    return this.#context.events;
  }

  /** Open sockets, those past the limit included. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Channels that sockets of this gateway have joined or are joining. */
  get channels(): number {
    return this.#members.size;
  }

  get traffic(): Readonly<SocketTraffic> {
    return this.#context.traffic;
  }

  /** The topics that somebody here has joined. */
  topics(): readonly TopicSummary[] {
    return Array.from(this.#topics.all(), ({ name, subscribers, entry }) => ({
      topic: name,
      subscribers: subscribers.size,
      keepsHistory: entry.history !== null,
    }));
  }

  /** New code may define other channels. Joined ones go on. */
  replaceManifest(manifest: ChannelManifest): void {
    this.#context.manifest = manifest;
  }

  /** The door says that its runtime can fan out by itself. */
  useNativePublish(publish: NativePublish): void {
    this.#context.nativePublish = publish;
  }

  /**
   * Asks a worker whether this client may connect; `info` is called only if there is somebody to ask. Without that the answer comes at once and
   * not as a promise: thousands of clients may come back in the same second.
   */
  connect(info: () => ConnectInfo, version: PhoenixSerializer["version"]): ConnectOutcome | Promise<ConnectOutcome> {
    if (!this.#sockets.accepting) return { kind: "unavailable", reason: "too many connections, or shutting down" };
    const affinity = this.#nextId();
    const serializer = version === "1.0.0" ? phoenixV1 : phoenixV2;
    if (!this.#sockets.hasRoom) return { kind: "admitted", admission: { affinity, serializer, identity: null } };
    if (this.#context.manifest.authorizesConnect) return this.#authorize(info(), affinity, serializer);
    return { kind: "admitted", admission: { affinity, serializer, identity: NOBODY } };
  }

  /** Opens an admitted socket. */
  accept({ affinity, serializer, identity }: Admission, transport: SocketTransport): SocketSession {
    const now = this.#context.clock.monotonicMs();
    const socket = new SocketSession({ affinity, serializer, transport, identity, nowMs: now, backlog: this.#backlog });
    this.#sockets.add(socket);
    return socket;
  }

  /** Takes a frame from the socket's peer. */
  receive(socket: SocketSession, frame: string | Uint8Array): void {
    this.#inbound.receive(socket, frame);
  }

  /** The socket's peer sent what its transport could not even hand on. */
  reject(socket: SocketSession, error: MalformedFrameError): void {
    this.#inbound.reject(socket, error);
  }

  /** The socket's peer has shown that it lives, without sending a message. */
  touch(socket: SocketSession): void {
    socket.lastSeenMs = this.#context.clock.monotonicMs();
  }

  /** The socket's connection is gone. Safe twice. */
  disconnected(socket: SocketSession): void {
    this.#sockets.remove(socket);
  }

  /** Takes a command from a worker. */
  handle(command: HostCommand): void {
    if (command.kind === "broadcast") return this.deliverBroadcast(command);
    if (command.kind === "disconnect") return this.disconnect(command.socketId);
    const member = this.#members.get(command.channel);
    if (member) this.#commands.run(member, command);
  }

  /**
   * To everybody at this gateway who joined the topic. With `seq` (a durable broadcast) in the order of `seq` and each once, however often and in
   * whatever order this is called. A JSON body that is no object goes out as one, under `value`.
   */
  deliverBroadcast({ topic, event, body, seq, except }: Omit<BroadcastCommand, "kind">): void {
    this.#topics.get(topic)?.broadcast(event, body, seq, except);
  }

  /**
   * A process has gone that may have made broadcasts durable without saying so: reads them from the store, for every topic with history
   * that somebody here has joined. Failures are reported as events and the next call finds the rest.
   */
  async catchUp(): Promise<void> {
    for (const topic of [...this.#topics.all()]) {
      await topic.feed?.catchUp().catch((thrown) => {
        this.#context.events.emit("error.caught", { stage: "channels.catch-up", error: toError(thrown) });
      });
    }
  }

  /** Closes every socket of that id with 1001; their clients come back, and are authorised anew. */
  disconnect(socketId: string): void {
    this.#sockets.closeById(socketId);
  }

  /** Takes no more sockets, and closes all with 1012 in batches spread over `spreadMs`. Resolves when none is left. */
  drain(spreadMs: number): Promise<void> {
    return this.#sockets.drain(spreadMs);
  }

  async #authorize(info: ConnectInfo, affinity: string, serializer: PhoenixSerializer): Promise<ConnectOutcome> {
    try {
      const response = await this.#calls.connect(affinity, info);
      if (response.kind === "accepted")
        return { kind: "admitted", admission: { affinity, serializer, identity: response } };
      this.#context.events.emit("socket.refused", { reason: response.reason, peer: info.peer });
      return response;
    } catch (thrown) {
      return { kind: "unavailable", reason: toError(thrown).message };
    }
  }

  #endChannels(socket: SocketSession): void {
    for (const member of socket.channels.all()) this.#lifecycle.end(member, "closed");
  }

  #nextId(): string {
    this.#lastNumber++;
    return `${this.#context.gatewayId}.${this.#lastNumber.toString(36)}`;
  }
}
