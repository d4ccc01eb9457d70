/** What handlers are given, and what `join` returns. */
import type { Assigns, ConnectInfo, Payload, PresenceMeta, PresenceState } from "../protocol.ts";

/** An actor by its definition, or by its name. */
export type ActorReference = string | { readonly name: string };

/** A payload to send: an object, or bytes. */
export type Outgoing = Payload | Uint8Array;

export interface JoinAllowed<A extends Assigns> {
  readonly kind: "allowed";
  readonly assigns: A;
  readonly response: Payload;
}

export interface JoinRefused {
  readonly kind: "refused";
  readonly response: Payload;
}

export type JoinResult<A extends Assigns> = JoinAllowed<A> | JoinRefused;

export interface BroadcastReceipt {
  /** Its position in the topic's history, when the topic keeps one. */
  readonly seq?: number;
}

export interface ActorSendOptions {
  /** Takes the message once: a second send with the same id (of this topic, within the dedupe window) changes nothing. */
  readonly idempotencyKey?: string;
}

interface TopicContext<Topic extends string> {
  readonly topic: Topic;
  /** The id that `connect` gave the socket. */
  readonly socketId: string | null;
  readonly transport: ConnectInfo["transport"];
  /** What `connect` gave the socket. */
  readonly socketAssigns: Assigns;

  /** To this client alone. */
  push(event: string, payload: Outgoing): void;
  /** To every subscriber of the topic. With history it resolves once the broadcast is durable; no reply goes out before. */
  broadcast(event: string, payload: Outgoing): Promise<BroadcastReceipt>;
  /** To every subscriber but this one. A resume from history brings it to this one too. */
  broadcastFrom(event: string, payload: Outgoing): Promise<BroadcastReceipt>;
  /** Is present under `key` until `untrack` or the channel's end. @throws InvalidInputError on a key or meta that clients could not take. */
  track(key: string, meta?: PresenceMeta): void;
  /** Replaces the meta of a presence that this channel tracks. */
  update(key: string, meta: PresenceMeta): void;
  untrack(key: string): void;
  /**
   * Sends a message to an actor's mailbox; resolves with its id once it is durable. What the actor answers with `ctx.reply` comes back as a
   * broadcast `reply` on this topic. @throws InvalidInputError when the message is refused; BusyError when the node is full.
   */
  send(actor: ActorReference, key: string, message: unknown, options?: ActorSendOptions): Promise<string>;
  /** Who is present on the topic now. */
  presences(): Promise<PresenceState>;
}

/** Given to `join`. What it sends goes out after the join's reply. */
export interface JoinContext<Topic extends string = string> extends TopicContext<Topic> {
  /** Lets the socket in, with the channel's assigns and what the client hears. */
  allow(): JoinAllowed<Record<never, never>>;
  allow<A extends Assigns>(assigns: A, response?: Payload): JoinAllowed<A>;
  refuse(response: Payload & { readonly reason: string }): JoinRefused;
}

/** Given to every other handler. */
export interface ChannelContext<Topic extends string = string, A extends Assigns = Assigns>
  extends TopicContext<Topic> {
  /** Serialisable; outlives the worker. Change them with `assign`. */
  readonly assigns: A;
  assign(changes: Partial<A>): void;
  /** Answers the push now, with `ok`. What the handler returns is then not sent. */
  reply(response?: Outgoing): void;
  /** Answers the push now, with `error`. */
  replyError(response: Payload): void;
  /** Takes the answer out of the handler's hands: it may come later, also after the handler has returned. */
  replyRef(): ReplyRef;
  /** Ends the channel: the client hears `phx_close` and does not join again. */
  stop(): void;
}

/** An answer that is still owed. It can be given once; later calls do nothing. Lost when the worker goes. */
export interface ReplyRef {
  reply(response?: Outgoing): void;
  replyError(response: Payload): void;
}
