/** What a handler holds while it runs, and after: its view of the socket, and the answer it owes. */
import { InvalidInputError } from "../../core/index.ts";
import type { PhoenixRef } from "../../wire/index.ts";
import { checkPresence } from "../presence/presence-key.ts";
import type { Assigns, ChannelReply, PresenceMeta, PresenceState } from "../protocol.ts";
import { objectText, outgoingBody } from "./body.ts";
import type {
  ActorReference,
  ActorSendOptions,
  BroadcastReceipt,
  ChannelContext,
  JoinAllowed,
  JoinContext,
  JoinRefused,
  Outgoing,
  ReplyRef,
} from "./context-types.ts";
import type { HostChannel } from "./host-channel.ts";
import type { HostPorts } from "./ports.ts";

/** One run of one handler. Also used after it has returned, by timers and deferred replies that it left behind. */
export class HandlerContext implements ChannelContext, JoinContext {
  readonly #channel: HostChannel;
  readonly #ports: HostPorts;
  readonly #ref: PhoenixRef;
  readonly #broadcasts: Promise<unknown>[] = [];
  #reply: ChannelReply | null = null;
  #answered = false;
  #finished = false;

  constructor(channel: HostChannel, ports: HostPorts, ref: PhoenixRef) {
    this.#channel = channel;
    this.#ports = ports;
    this.#ref = ref;
  }

  get topic(): string {
    return this.#channel.topic;
  }

  get socketId(): string | null {
    return this.#channel.socket.id;
  }

  get transport(): ChannelContext["transport"] {
    return this.#channel.socket.transport;
  }

  get socketAssigns(): Assigns {
    return this.#channel.socket.assigns;
  }

  get assigns(): Assigns {
    return this.#channel.assigns;
  }

  allow<A extends Assigns>(assigns?: A, response: Outgoing = {}): JoinAllowed<A> {
    return { kind: "allowed", assigns: assigns ?? ({} as A), response: response as JoinAllowed<A>["response"] };
  }

  refuse(response: JoinRefused["response"]): JoinRefused {
    return { kind: "refused", response };
  }

  assign(changes: Assigns): void {
    this.#channel.assign(JSON.parse(objectText(changes, "assigns")) as Assigns);
    if (!this.#finished) return; // The handler's answer carries the change.
    const assigns = this.#channel.takeChange();
    if (assigns) this.#ports.command({ kind: "assigns", channel: this.#channel.id, assigns });
  }

  push(event: string, payload: Outgoing): void {
    const body = outgoingBody(payload, `payload of ${event}`);
    this.#ports.command({ kind: "push", channel: this.#channel.id, event, body });
  }

  broadcast(event: string, payload: Outgoing): Promise<BroadcastReceipt> {
    return this.#broadcast(event, payload, false);
  }

  broadcastFrom(event: string, payload: Outgoing): Promise<BroadcastReceipt> {
    return this.#broadcast(event, payload, true);
  }

  track(key: string, meta: PresenceMeta = {}): void {
    this.#present("track", key, meta);
  }

  update(key: string, meta: PresenceMeta): void {
    this.#present("update", key, meta);
  }

  untrack(key: string): void {
    this.#ports.command({ kind: "untrack", channel: this.#channel.id, key });
  }

  send(actor: ActorReference, key: string, message: unknown, options: ActorSendOptions = {}): Promise<string> {
    const target = typeof actor === "string" ? actor : actor.name;
    return this.#ports.send({ topic: this.topic, target, key, message, ...options });
  }

  presences(): Promise<PresenceState> {
    return this.#ports.presences(this.#channel.id, this.#channel.topic);
  }

  reply(response: Outgoing = {}): void {
    this.#answer({ status: "ok", body: outgoingBody(response, "reply") });
  }

  replyError(response: Outgoing): void {
    this.#answer({ status: "error", body: outgoingBody(response, "reply") });
  }

  replyRef(): ReplyRef {
    const first = !this.#answered;
    this.#answered = true; // Nothing is answered for the handler any more.
    let owed = first;
    const give = (reply: ChannelReply): void => {
      if (owed) this.#ports.command({ kind: "reply", channel: this.#channel.id, ref: this.#ref, reply });
      owed = false;
    };
    return {
      reply: (response = {}) => give({ status: "ok", body: outgoingBody(response, "reply") }),
      replyError: (response) => give({ status: "error", body: outgoingBody(response, "reply") }),
    };
  }

  stop(): void {
    this.#ports.command({ kind: "stop", channel: this.#channel.id });
  }

  /**
   * The handler has returned: gives its answer, or null when it took that into its own hands; at once, unless broadcasts are still to become durable.
   * @throws what a broadcast failed with.
   */
  finish(returned: unknown): ChannelReply | null | Promise<ChannelReply | null> {
    if (this.#broadcasts.length > 0) return Promise.all(this.#broadcasts).then(() => this.#finish(returned));
    return this.#finish(returned);
  }

  #finish(returned: unknown): ChannelReply | null {
    if (!this.#answered) this.#answer({ status: "ok", body: outgoingBody((returned ?? {}) as Outgoing, "reply") });
    this.#finished = true;
    return this.#reply;
  }

  #answer(reply: ChannelReply): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#reply = reply;
  }

  #broadcast(event: string, payload: Outgoing, others: boolean): Promise<BroadcastReceipt> {
    const body = outgoingBody(payload, `payload of ${event}`);
    const broadcast = { topic: this.#channel.topic, event, body };
    const sent = this.#ports.broadcast(others ? { ...broadcast, except: this.#channel.id } : broadcast);
    if (!this.#finished) this.#broadcasts.push(sent);
    return sent;
  }

  #present(kind: "track" | "update", key: string, meta: PresenceMeta): void {
    if (!this.#channel.definition.options.presence) {
      throw new InvalidInputError(`channel ${this.#channel.definition.pattern}`, "presence: true, to track", undefined);
    }
    checkPresence(key, meta);
    this.#ports.command({ kind, channel: this.#channel.id, key, meta });
  }
}
