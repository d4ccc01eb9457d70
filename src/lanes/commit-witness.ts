import type { CommitAuthor, Store } from "../store/index.ts";
import type { Entry, Fired, Handled, Moved } from "./entries.ts";
import { laneId, refOf, timerKey } from "./lane.ts";

/** More than fire in one commit: a timer that is still there is among the first of its shard. */
const MAX_TIMERS = 10_000;

export type WitnessStore = Pick<Store, "handledBy" | "readBacklog" | "dueTimers">;

/**
 * After a commit whose answer was lost: is it in? A commit is all or nothing, so one of its parts bears witness for all. A message of the
 * stream is in the journal under our name and epoch; one that joined a backlog is there; one that left it, and a timer that fired, are gone.
 * With none of these in the commit it is taken as not in: what remains (records of lanes, decisions) is the same when written twice.
 * @throws StoreUnavailableError while the store cannot be asked.
 */
export async function wasCommitted(
  store: WitnessStore,
  entries: readonly Entry[],
  author: CommitAuthor,
): Promise<boolean> {
  const handled = entries.filter((entry): entry is Handled => entry.kind === "handled");
  const streamed = handled.find((entry) => !entry.fromBacklog);
  if (streamed) {
    const by = await store.handledBy(refOf(streamed.message));
    return by !== undefined && by.memberId === author.memberId && by.epoch === streamed.shard.epoch;
  }
  const [drained] = handled;
  const joined = entries.find((entry): entry is Moved => entry.kind === "moved" && joins(entry, handled));
  if (joined) return isInBacklog(store, joined, joined.messages[0]?.seq ?? 0);
  if (drained) return !(await isInBacklog(store, drained, drained.message.seq));
  const fired = entries.find((entry): entry is Fired => entry.kind === "fired");
  return fired !== undefined && !(await isPending(store, fired));
}

/** Is the entry's first message in the backlog after the commit: has it not left it again in the same commit? */
function joins({ lane, messages: [first] }: Moved, handled: readonly Handled[]): boolean {
  return first !== undefined && !handled.some((entry) => entry.lane === lane && entry.message.seq === first.seq);
}

async function isPending(store: WitnessStore, { timer }: Fired): Promise<boolean> {
  const due = await store.dueTimers([timer.shard], timer.dueAtMs, MAX_TIMERS);
  return due.some((other) => timerKey(other) === timerKey(timer) && other.dueAtMs === timer.dueAtMs);
}

async function isInBacklog(store: WitnessStore, entry: Pick<Handled, "shard" | "lane">, seq: number): Promise<boolean> {
  const [first] = await store.readBacklog(entry.shard.shard, laneId(entry.lane), seq - 1, 1);
  return first?.seq === seq;
}
