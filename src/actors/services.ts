import type { Events } from "../core/index.ts";
import type { MessageLimits } from "../log/index.ts";
import type { SqlStatement } from "../store/index.ts";
import type { ActorReference, AskOptions } from "./context.ts";
import type { AnyActor } from "./definition.ts";

/** What actors need of the worker that they run in. */
export interface ActorServices {
  readonly shardCount: number;
  readonly events: Events;
  /** Wall time, ms. */
  wallMs(): number;
  /** Does a channel keep a history of this topic? Its broadcasts are then part of the commit. */
  keepsHistory(topic: string): boolean;
  /** The app's actor of that name, for checking what is sent to it. */
  actor(name: string): AnyActor | undefined;
  /** Asks an actor and waits for its reply: `Asker.ask`. */
  ask(actor: ActorReference, key: string, message: unknown, options: AskOptions): Promise<unknown>;
  /** Reads what is committed. */
  query(statement: SqlStatement): Promise<readonly Record<string, unknown>[]>;
  readonly limits?: MessageLimits;
}
