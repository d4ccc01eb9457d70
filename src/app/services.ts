/** What code of an app may call outside of an actor's `ctx`: from channels and HTTP routes. */
import type { AnyActor } from "../actors/index.ts";

export interface AppServices {
  /**
   * Sends a message to an actor's mailbox; resolves with its id once it is durable.
   * @throws InvalidInputError when the message does not fit the actor's schema or a size limit; BusyError when the node is full.
   */
  send(actor: AnyActor | string, key: string, message: unknown, options?: SendOptions): Promise<string>;
  /**
   * Sends a message and waits for the actor's `ctx.reply`. Default deadline 5 s.
   * @throws DeadlineError when no reply came in time: the message may be handled all the same.
   */
  ask(actor: AnyActor | string, key: string, message: unknown, options?: AskOptions): Promise<unknown>;
  /** To every socket on the topic; durable first when the topic keeps history. */
  broadcast(topic: string, event: string, payload: Readonly<Record<string, unknown>>): Promise<void>;
  /** Closes every socket of that id, on every gateway. */
  disconnect(socketId: string): void;
}

export interface SendOptions {
  /** Takes the message once: a second send with the same id within the dedupe window changes nothing. */
  readonly idempotencyKey?: string;
}

export interface AskOptions extends SendOptions {
  readonly timeoutMs?: number;
}
