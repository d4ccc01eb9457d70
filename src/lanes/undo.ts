import { type EventPayloads, GodwitError } from "../core/index.ts";
import { type MessageRef, messageId } from "../store/index.ts";
import type { Entry, Handled } from "./entries.ts";
import type { LaneBook } from "./lane-book.ts";

/**
 * Takes back a message of a commit that was refused on its account, with all that its lane has done after it, in the commit and in what has
 * gathered since. Its lane goes on as if its handler had thrown; everything to be committed now is in `book.gathered`.
 */
export function undoMessage(
  book: LaneBook,
  refused: readonly Entry[],
  cause: MessageRef,
  error: Error,
): EventPayloads["message.failed"] {
  const failed = refused.find((entry): entry is Handled => entry.kind === "handled" && isAbout(entry, cause));
  if (!failed) throw new GodwitError("internal", `the store blames ${messageId(cause)}, which is not in the commit`);
  const all = [...refused, ...book.gathered.entries];
  const from = all.indexOf(failed);
  const undone = new Set(
    all.filter((entry, i): entry is Handled => i >= from && entry.kind === "handled" && entry.lane === failed.lane),
  );
  book.forgotten([...undone]);
  book.gathered.replace(all.filter((entry) => !undone.has(entry as Handled)));
  const ofStream = [...undone].filter((entry) => !entry.fromBacklog).map((entry) => entry.message);
  const verdict = book.rollBack(failed, ofStream, error);
  const { target, key } = failed.message;
  return {
    id: messageId(cause),
    target,
    key,
    attempt: failed.attempt,
    ...(verdict.kind === "retry" && { retryInMs: verdict.delayMs }),
    error,
  };
}

function isAbout({ message }: Handled, ref: MessageRef): boolean {
  return message.seq === ref.seq && message.stream === ref.stream && message.shard === ref.shard;
}
