import type { Progress, RetentionPolicy, StreamName } from "../../store/index.ts";
import type { Dedupe } from "./dedupe.ts";
import type { Journal } from "./journal.ts";
import type { Segments } from "./segments.ts";

/**
 * A segment with this many messages is full before its time. SQLite walks a table's pages to drop it, with the write lock held: about 40 ms
 * for a segment of this size with 200-byte messages.
 */
const SEGMENT_MAX_MESSAGES = 500_000;

/**
 * One step of keeping house, in the caller's write transaction; returns whether there may be another. Steps are small, so that
 * appends and commits get their turns between them.
 */
export function maintain(
  opened: {
    readonly segments: Segments;
    readonly dedupe: Dedupe;
    readonly journal: Journal;
    readonly shardCount: number;
  },
  policy: RetentionPolicy,
  nowMs: number,
): boolean {
  const { segments, dedupe, journal, shardCount } = opened;
  if (isFull(segments, shardCount, policy.segmentMs, nowMs)) {
    segments.begin(shardCount, nowMs);
    return true;
  }
  if (mayDropOldest(segments, journal, shardCount, policy.keepMs, nowMs)) {
    segments.dropOldest();
    return true;
  }
  return dedupe.maintain(policy.dedupeWindowMs, nowMs);
}

const STREAMS: readonly StreamName[] = ["in", "out"];

/** Full by time or by size; an empty one is never full, so that an idle store does not turn segments over. */
function isFull(segments: Segments, shardCount: number, segmentMs: number, nowMs: number): boolean {
  const { begunAtMs, base } = segments.newest;
  let messages = 0;
  for (let shard = 0; shard < shardCount; shard++) {
    for (const stream of STREAMS) messages += segments.head(stream, shard) - (base[stream][shard] ?? 0);
  }
  return messages >= SEGMENT_MAX_MESSAGES || (messages > 0 && nowMs - begunAtMs >= segmentMs);
}

/** Has the oldest segment ended long enough ago, and has everything in it been handled? */
function mayDropOldest(
  segments: Segments,
  journal: Journal,
  shardCount: number,
  keepMs: number,
  nowMs: number,
): boolean {
  const next = segments.list[1];
  if (!next || nowMs - next.begunAtMs < keepMs) return false;
  for (let shard = 0; shard < shardCount; shard++) {
    const progress = journal.progress(shard);
    for (const stream of STREAMS) {
      if (handledThrough(progress[stream]) < (next.base[stream][shard] ?? 0)) return false;
    }
  }
  return true;
}

/** The last sequence before which nothing is undone. */
function handledThrough({ cursor, ahead }: Progress): number {
  const [first] = ahead;
  return first && first[0] === cursor + 1 ? first[1] : cursor;
}
