/** The newest messages of a key, handled ones too, out of the log. */
import { type MessageRef, type Shard, type StoredMessage, shardOf } from "../store/index.ts";
import type { Listing } from "./listing.ts";
import { preview } from "./listing.ts";
import type { Params } from "./params.ts";
import type { InspectedStore, InspectSources } from "./sources.ts";
import { type MessageStep, stepOf } from "./trace.ts";

export interface MessageRow extends MessageStep {
  /** The beginning of its body. */
  readonly body: string;
}

/** Messages of a shard that are read at a time, and how often, in search of those of one key. There is no index by key: it would cost each message a write. */
const STRETCH = 1_000;
const MOST_STRETCHES = 5;
const MOST_MESSAGES = 20;

/** Newest first, of the newest few thousand messages of its shard; `next` is always null. */
export async function listMessages({ store }: InspectSources, params: Params): Promise<Listing<MessageRow>> {
  const [target, key] = [params.text("actor"), params.text("key")];
  const shard = shardOf(key, store.shardCount);
  const shards = await store.shards();
  const head = shards.find((status) => status.shard === shard)?.head.in ?? 0;
  const found = await findNewest(store, shard, head, (message) => message.target === target && message.key === key);
  const rows = found.map(async (message) => ({
    ...(await stepOf(store, message, shards)),
    body: preview(message.body),
  }));
  return { rows: await Promise.all(rows), next: null };
}

async function findNewest(
  store: InspectedStore,
  shard: Shard,
  head: MessageRef["seq"],
  isWanted: (message: StoredMessage) => boolean,
): Promise<readonly StoredMessage[]> {
  const found: StoredMessage[] = [];
  for (let count = 1; count <= MOST_STRETCHES && found.length < MOST_MESSAGES; count++) {
    const after = head - count * STRETCH;
    const messages = await store.read([{ shard, stream: "in", after: Math.max(0, after) }], STRETCH);
    // The last stretch may begin with what the one before it has read: there the stream ends.
    const own = messages.filter((message) => message.seq <= after + STRETCH && isWanted(message));
    found.push(...own.reverse());
    if (after <= 0) break;
  }
  return found.slice(0, MOST_MESSAGES);
}
