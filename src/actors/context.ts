import type { Duration } from "../core/index.ts";
import type { MessageOrigin, SqlValue } from "../store/index.ts";

/**
 * What a handler may do beside changing its state. Nothing is written while it runs: replies, sends, broadcasts, SQL and timers are committed
 * together with the state once it has returned, or not at all when it throws, times out, or its worker dies. After it has returned (or
 * timed out) every call throws `context_closed`.
 */
export interface ActorContext<State = unknown> {
  /** This key's state: a copy of the handler's own, committed when it returns. Must be a JSON value. `undefined` deletes it. */
  state: State;
  readonly key: string;
  /** The message's id, the same in every try: `m12-345`. */
  readonly id: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** `timer` for what `schedule` sent, `ask` for what awaits a reply. */
  readonly kind: "message" | "timer" | "ask";
  /** The conversation of the connector that it came in by. */
  readonly origin: MessageOrigin | undefined;
  /** Who sent it, for people: `actor:concierge/42`, `http`. */
  readonly from: string | undefined;
  /** Aborted when the handler has timed out or its worker lost the key. Give it to `fetch`. */
  readonly signal: AbortSignal;
  /** Is there somewhere for `reply` to go? */
  readonly canReply: boolean;
  /**
   * Answers: to who asked, or through the connector that the message came in by, in order with the key's other replies.
   * @throws GodwitError `nowhere_to_reply` when the message came from neither.
   */
  reply(value: unknown): void;
  /** To every socket on the topic; kept, and in order, when the topic keeps history, else at most once. */
  broadcast(topic: string, event: string, payload: unknown): void;
  /** A message to another actor's mailbox, or to another key of this one. */
  send(actor: ActorReference, key: string, message: unknown, options?: SendOptions): void;
  /**
   * Asks another actor and waits for its reply. The request leaves at once, not with the commit: a second try of this handler asks again.
   * @throws DeadlineError when no reply came in time (default 5 s).
   */
  ask(actor: ActorReference, key: string, message: unknown, options?: AskOptions): Promise<unknown>;
  /** Writes to your own tables, in the commit. A statement that the database refuses fails the message. */
  sql(text: TemplateStringsArray, ...values: readonly SqlValue[]): void;
  /** Reads what is committed. */
  query(text: TemplateStringsArray, ...values: readonly SqlValue[]): Promise<readonly Record<string, unknown>[]>;
  /**
   * A message to this same key, later: after a duration (a number is ms) or at a moment. With a `name` it replaces the pending one of that
   * name, and `cancel` finds it. Returns the name.
   */
  schedule(when: Duration | Date, message: unknown, options?: { readonly name?: string }): string;
  /** Forgets a scheduled message. One that has fired, or never was, is passed over. */
  cancel(name: string): void;
  /** A line for people, with the message it belongs to (event `actor.logged`). Not part of the commit. */
  log(text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** An actor, by its definition or its name. */
export type ActorReference = string | { readonly name: string };

export interface SendOptions {
  /** Takes the message once: a second send with the same id within the dedupe window changes nothing. */
  readonly idempotencyKey?: string;
}

export interface AskOptions extends SendOptions {
  readonly timeoutMs?: number;
}
