/**
 * The channels of one gateway: every socket, what each has joined, and the way of each message. Pure of any runtime: sockets come in
 * through `accept` with a `SocketTransport`, workers are reached through a `ChannelBackend`. None of the user's code runs here.
 *
 * Holds nothing that must survive: a gateway that dies takes its sockets with it, and their clients join elsewhere and resume from history.
 */
import { type PhoenixSerializer, phoenixV1, phoenixV2 } from "../../wire/index.ts";
import { channelLimits } from "../limits.ts";
import type { ChannelManifest } from "../manifest.ts";
import {
  type BroadcastCommand,
  type ChannelId,
  type ConnectInfo,
  type ConnectResponse,
  fromLinkBody,
  type HostCommand,
} from "../protocol.ts";
import { CLOSE_CODES } from "../wire-codes.ts";
import { ChannelCommands } from "./channel-commands.ts";
import { ChannelLifecycle } from "./channel-lifecycle.ts";
import type { ChannelGatewayOptions, GatewayContext } from "./context.ts";
import { EncodedBroadcast } from "./encoded-broadcast.ts";
import { Inbound } from "./inbound.ts";
import type { Membership } from "./membership.ts";
import { SocketSession } from "./socket-session.ts";
import { Topics } from "./topics.ts";
import type { NativePublish, SocketTransport } from "./transport.ts";
import { WorkerCalls } from "./worker-calls.ts";

/** A socket that may be opened: made by `connect`, used up by `accept`. */
export interface Admission {
  readonly affinity: string;
  readonly serializer: PhoenixSerializer;
  readonly identity: { readonly id: string | null; readonly assigns: Readonly<Record<string, unknown>> } | null;
}

export type ConnectOutcome =
  | { readonly kind: "admitted"; readonly admission: Admission }
  | { readonly kind: "refused"; readonly reason: string };

export class ChannelGateway {
  readonly #context: GatewayContext;
  readonly #calls: WorkerCalls;
  readonly #topics: Topics;
  readonly #lifecycle: ChannelLifecycle;
  readonly #commands: ChannelCommands;
  readonly #inbound: Inbound;
  readonly #sockets = new Set<SocketSession>();
  readonly #members = new Map<ChannelId, Membership>();
  #lastNumber = 0;

  constructor(options: ChannelGatewayOptions) {
    this.#context = {
      ...options,
      limits: channelLimits(options.limits),
      random: options.random ?? Math.random,
      nativePublish: undefined,
      nextChannelId: () => this.#nextId(),
    };
    this.#calls = new WorkerCalls(options.backend);
    this.#topics = new Topics(this.#context, { sentTo: () => {}, published: () => {} });
    this.#commands = new ChannelCommands(this.#context, (member) => this.#lifecycle.stop(member));
    this.#lifecycle = new ChannelLifecycle({
      context: this.#context,
      calls: this.#calls,
      topics: this.#topics,
      commands: this.#commands,
      members: this.#members,
    });
    this.#inbound = new Inbound(this.#context, this.#lifecycle, (socket, code, reason) =>
      this.#close(socket, code, reason),
    );
  }

  get limits(): GatewayContext["limits"] {
    return this.#context.limits;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** New code may define other channels. Joined ones go on. */
  replaceManifest(manifest: ChannelManifest): void {
    this.#context.manifest = manifest;
  }

  /** The door says that its runtime can fan out by itself. */
  useNativePublish(publish: NativePublish): void {
    this.#context.nativePublish = publish;
  }

  /** Asks a worker whether this client may connect. @throws as `ChannelBackend.request` when no worker can answer. */
  async connect(info: ConnectInfo, version: PhoenixSerializer["version"]): Promise<ConnectOutcome> {
    const affinity = this.#nextId();
    const serializer = version === "1.0.0" ? phoenixV1 : phoenixV2;
    const response = await this.#authorize(affinity, info);
    if (response.kind === "refused") return response;
    return { kind: "admitted", admission: { affinity, serializer, identity: response } };
  }

  /** Opens an admitted socket. */
  accept(admission: Admission, transport: SocketTransport): SocketSession {
    const now = this.#context.clock.monotonicMs();
    const socket = new SocketSession(admission.affinity, admission.serializer, transport, admission.identity, now);
    this.#sockets.add(socket);
    return socket;
  }

  /** Takes a frame from the socket's peer. */
  receive(socket: SocketSession, frame: string | Uint8Array): void {
    this.#inbound.receive(socket, frame);
  }

  /** The socket's connection is gone. Safe twice. */
  disconnected(socket: SocketSession): void {
    if (!this.#sockets.delete(socket)) return;
    socket.closed = true;
    for (const member of [...socket.channels.values()]) this.#lifecycle.end(member, "closed");
  }

  /** Takes a command from a worker. */
  handle(command: HostCommand): void {
    if (command.kind === "broadcast") return this.deliverBroadcast(command);
    if (command.kind === "disconnect") return this.disconnect(command.socketId);
    const member = this.#members.get(command.channel);
    if (member) this.#commands.run(member, command);
  }

  /** To everybody at this gateway who joined the topic. */
  deliverBroadcast(broadcast: Omit<BroadcastCommand, "kind">): void {
    const topic = this.#topics.get(broadcast.topic);
    if (!topic) return;
    const except = broadcast.except === undefined ? undefined : this.#members.get(broadcast.except);
    topic.send(new EncodedBroadcast(broadcast.topic, broadcast.event, fromLinkBody(broadcast.body)), except);
  }

  /** Closes every socket of that id with 1001; their clients come back, and are authorised anew. */
  disconnect(socketId: string): void {
    for (const socket of [...this.#sockets]) {
      if (socket.identity.id === socketId) this.#close(socket, CLOSE_CODES.goingAway, "disconnected");
    }
  }

  #close(socket: SocketSession, code: number, reason: string): void {
    if (socket.closed) return;
    socket.transport.close(code, reason);
    this.disconnected(socket);
  }

  async #authorize(affinity: string, info: ConnectInfo): Promise<ConnectResponse> {
    if (!this.#context.manifest.authorizesConnect) return { kind: "accepted", id: null, assigns: {} };
    return this.#calls.connect(affinity, info);
  }

  #nextId(): string {
    this.#lastNumber++;
    return `${this.#context.gatewayId}.${this.#lastNumber.toString(36)}`;
  }
}
