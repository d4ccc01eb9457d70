import type { CommitAuthor, Store } from "../store/index.ts";
import type { Entry, Handled } from "./entries.ts";
import { laneId, refOf } from "./lane.ts";

/**
 * After a commit whose answer was lost: is it in? A commit is all or nothing, so one of its messages bears witness for all. A message of
 * the stream is in the journal under our name and epoch; a message of a backlog is gone from there. With neither in the commit it is
 * taken as not in: what remains (records of lanes, fired timers) is the same when it is written twice, or is fenced.
 * @throws StoreUnavailableError while the store cannot be asked.
 */
export async function wasCommitted(
  store: Pick<Store, "handledBy" | "readBacklog">,
  entries: readonly Entry[],
  author: CommitAuthor,
): Promise<boolean> {
  const handled = entries.filter((entry): entry is Handled => entry.kind === "handled");
  const streamed = handled.find((entry) => !entry.fromBacklog);
  if (streamed) {
    const by = await store.handledBy(refOf(streamed.message));
    return by !== undefined && by.memberId === author.memberId && by.epoch === streamed.shard.epoch;
  }
  const moved = entries.find((entry) => entry.kind === "moved" && entry.messages.length > 0);
  if (moved?.kind === "moved") {
    const [message] = moved.messages;
    if (message) return isInBacklog(store, moved, message.seq);
  }
  const [drained] = handled;
  return drained !== undefined && !(await isInBacklog(store, drained, drained.message.seq));
}

async function isInBacklog(
  store: Pick<Store, "readBacklog">,
  entry: Pick<Handled, "shard" | "lane">,
  seq: number,
): Promise<boolean> {
  const [first] = await store.readBacklog(entry.shard.shard, laneId(entry.lane), seq - 1, 1);
  return first?.seq === seq;
}
