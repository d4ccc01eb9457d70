/** The pub/sub that a node's configuration names. The one place where its adapter is chosen. */
import { PostgresPubSub } from "../../adapters/postgres-pubsub/index.ts";
import { RedisPubSub } from "../../adapters/redis/index.ts";
import { type Clock, ConfigError, type Events, toError } from "../../core/index.ts";
import type { PubSub } from "../../pubsub/index.ts";

export interface PubSubChoice {
  /** `auto`, `none`, a PostgreSQL URL or a Redis URL. */
  readonly pubsub: string;
  /** `sqlite`, or a PostgreSQL URL. */
  readonly store: string;
}

/** Undefined: this node is the only one. `auto` is the store's own database, where that is PostgreSQL. */
export function openPubSub(choice: PubSubChoice, clock: Clock, events: Events): PubSub | undefined {
  const url = choice.pubsub === "auto" ? choice.store : choice.pubsub;
  if (url === "none" || url === "sqlite") return undefined;
  const { protocol } = new URL(url);
  if (/^postgres(ql)?:$/.test(protocol)) return new PostgresPubSub({ url, clock, events });
  return new RedisPubSub({ url, clock, events });
}

/** @throws ConfigError when the server cannot be used. */
export async function startPubSub(pubsub: PubSub): Promise<void> {
  try {
    await pubsub.start();
  } catch (thrown) {
    throw new ConfigError(`pub/sub between nodes cannot be used: ${toError(thrown).message}; see --pubsub`, thrown);
  }
}
