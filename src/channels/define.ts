/** What a user writes: channels and the socket they are joined over. Definitions are data; handlers are plain functions. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Duration, InvalidInputError, toMs } from "../core/index.ts";
import type { ChannelContext, JoinContext, JoinResult } from "./host/context-types.ts";
import type { HistoryPolicy } from "./manifest.ts";
import { checkPattern, type TopicOf } from "./pattern.ts";
import type { Assigns, ConnectInfo, Payload, SocketInfo, TerminateReason } from "./protocol.ts";

export type Schemas = Readonly<Record<string, StandardSchemaV1>>;

type Output<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : Payload;

/** What the handler of event `E` receives. */
export type PayloadOf<Events, E> = E extends keyof Events ? Output<Events[E]> : Payload;

export interface HistoryOptions {
  /** The newest so many broadcasts (a number), or those of so long (a duration such as `"1 hour"`). */
  readonly keep: Duration;
}

export interface ChannelOptions<Pattern extends string, Params, Events, A extends Assigns, Replies, Bytes> {
  /** Describes the join params; checked before `join`. A client that breaks it is refused with `invalid params`. */
  readonly params?: Params;
  /** Describe the payloads of events; checked before their handler. A push that breaks it is answered with `invalid payload`. */
  readonly events?: Events;
  /** May this socket join? Default: yes. */
  readonly join?: (
    params: Output<Params>,
    socket: JoinContext<TopicOf<Pattern>>,
  ) => JoinResult<A> | Promise<JoinResult<A>>;
  /**
   * Handlers by event, one message of a channel at a time and in order. What one returns is the `ok` reply; nothing: `ok` with `{}`, unless it
   * took a `replyRef`. A throw ends the channel with `phx_error`; the client joins again.
   */
  readonly on?: {
    readonly [E in keyof Replies]: (
      payload: PayloadOf<Events, E>,
      socket: ChannelContext<TopicOf<Pattern>, A>,
    ) => Replies[E] | Promise<Replies[E]>;
  };
  /** Handlers of events whose payload is bytes. */
  readonly onBinary?: {
    readonly [E in keyof Bytes]: (
      bytes: Uint8Array,
      socket: ChannelContext<TopicOf<Pattern>, A>,
    ) => Bytes[E] | Promise<Bytes[E]>;
  };
  /** Broadcasts get a sequence and are kept, so that a client that was away resumes with join params `{since}`. */
  readonly history?: HistoryOptions;
  /** Push `presence_state` after each join. Needed for `track`. */
  readonly presence?: boolean;
  /** What each subscriber sees of a broadcast: another payload, or null for nothing. Runs for every subscriber: dear on large topics. */
  readonly intercept?: Readonly<
    Record<
      string,
      (payload: Payload, socket: ChannelContext<TopicOf<Pattern>, A>) => Payload | null | Promise<Payload | null>
    >
  >;
  /** The channel has ended. */
  readonly terminate?: (reason: TerminateReason, socket: ChannelContext<TopicOf<Pattern>, A>) => void | Promise<void>;
}

/** A channel as the host runs it; made by `channel`. The type parameters carry what a typed client infers. */
export interface ChannelDefinition<
  Pattern extends string = string,
  Params = unknown,
  Events = unknown,
  Replies = unknown,
> {
  readonly kind: "channel";
  readonly pattern: Pattern;
  readonly history: HistoryPolicy | null;
  readonly options: ErasedChannelOptions;
  /** Types only; nothing at run time. */
  readonly types?: { readonly params: Params; readonly events: Events; readonly replies: Replies };
}

/** The options once their types have done their work: the schemas have checked what the handlers take. */
export interface ErasedChannelOptions {
  readonly params?: StandardSchemaV1;
  readonly events?: Schemas;
  readonly join?: (params: never, socket: never) => unknown;
  readonly on?: Readonly<Record<string, (payload: never, socket: never) => unknown>>;
  readonly onBinary?: Readonly<Record<string, (bytes: Uint8Array, socket: never) => unknown>>;
  readonly presence?: boolean;
  readonly intercept?: Readonly<Record<string, (payload: Payload, socket: never) => unknown>>;
  readonly terminate?: (reason: TerminateReason, socket: never) => unknown;
}

/**
 * Defines a channel: a live topic that sockets join.
 *
 * @param pattern a topic (`"lobby"`), or a beginning of topics (`"room:*"`). The first channel of an app that takes a topic has it.
 * @throws InvalidInputError on a pattern or a history that is none.
 */
export function channel<
  const Pattern extends string,
  Params extends StandardSchemaV1 | undefined = undefined,
  Events extends Schemas = Record<never, never>,
  A extends Assigns = Assigns,
  Replies = Record<never, never>,
  Bytes = Record<never, never>,
>(
  pattern: Pattern,
  options: ChannelOptions<Pattern, Params, Events, A, Replies, Bytes> = {},
): ChannelDefinition<Pattern, Params, Events, Replies & Bytes> {
  checkPattern(pattern);
  const { history, ...rest } = options;
  return {
    kind: "channel",
    pattern,
    history: history === undefined ? null : historyPolicy(pattern, history),
    options: rest as ErasedChannelOptions,
  };
}

function historyPolicy(pattern: string, { keep }: HistoryOptions): HistoryPolicy {
  if (typeof keep === "string") return { ageMs: toMs(keep, `channel ${pattern}: history.keep`) };
  if (Number.isSafeInteger(keep) && keep > 0) return { count: keep };
  throw new InvalidInputError(
    `channel ${pattern}: history.keep`,
    'a number of messages, or a text such as "1 hour"',
    keep,
  );
}

export interface SocketAllowed {
  readonly kind: "allowed";
  readonly id: string | null;
  readonly assigns: Assigns;
  /** Wall time, ms; null: it stays in for good. */
  readonly expiresAtMs: number | null;
}

export interface SocketRefused {
  readonly kind: "refused";
  readonly reason: string;
}

export interface ConnectContext extends ConnectInfo {
  /**
   * Lets the socket in. `id` names it for `disconnect`; several may share one. At `expiresAtMs` (wall time: what `verifyToken` says) its client
   * is asked for a new token, and some seconds later the socket is closed with 4004.
   */
  allow(socket?: { readonly id?: string; readonly assigns?: Assigns; readonly expiresAtMs?: number }): SocketAllowed;
  refuse(refusal?: { readonly reason: string }): SocketRefused;
}

export type ConnectHandler = (
  info: ConnectContext,
) => SocketAllowed | SocketRefused | Promise<SocketAllowed | SocketRefused>;

export interface RefreshAllowed {
  readonly kind: "allowed";
  readonly assigns: Assigns;
  readonly expiresAtMs: number | null;
}

/** A connected client shows a new token. */
export interface RefreshContext {
  readonly token: string;
  /** The socket as it is: compare whose token this is. */
  readonly socket: SocketInfo;
  /** Goes on, with other assigns or the ones that it has, until `expiresAtMs` (wall time); absent: for good. */
  allow(update?: { readonly assigns?: Assigns; readonly expiresAtMs?: number }): RefreshAllowed;
  /** The token is none; the socket goes on with what it had, until that runs out. */
  refuse(refusal?: { readonly reason: string }): SocketRefused;
}

export type RefreshHandler = (
  context: RefreshContext,
) => RefreshAllowed | SocketRefused | Promise<RefreshAllowed | SocketRefused>;

export interface SocketOptions {
  readonly connect: ConnectHandler;
  /** Takes a new token from a client that is connected. Absent: a refresh is refused. */
  readonly refresh?: RefreshHandler;
}

export interface SocketDefinition extends SocketOptions {
  readonly kind: "socket";
}

/** Defines who may connect, and for how long. Without one everybody may. */
export function defineSocket(options: SocketOptions): SocketDefinition {
  return { kind: "socket", ...options };
}
