import type { CommitAuthor, Epoch, JournalEntry, MessageRef, Progress, Shard, StreamName } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { covers, toProgress } from "./rows.ts";
import type { Segment, Segments } from "./segments.ts";

interface JournalRow {
  readonly entry: number;
  readonly epoch: number;
  readonly member_id: string;
  readonly code_version: string;
  readonly at: number;
  readonly in_cursor: number;
  readonly in_ahead: string;
  readonly out_cursor: number;
  readonly out_ahead: string;
}

type ShardProgress = Readonly<Record<StreamName, Progress>>;

/**
 * How far each shard has been handled: one inserted row per commit and shard, none ever updated. Entries of a shard are numbered 1, 2, 3 …
 * over all segments; the newest says where to go on, the older ones tell which commit handled a message.
 */
export class Journal {
  readonly #db: SqliteDatabase;
  readonly #segments: Segments;

  constructor(db: SqliteDatabase, segments: Segments) {
    this.#db = db;
    this.#segments = segments;
  }

  progress(shard: Shard): ShardProgress {
    const newest = this.#newest(shard);
    return newest ? progressOf(newest) : { in: { cursor: 0, ahead: [] }, out: { cursor: 0, ahead: [] } };
  }

  /** Notes a commit; a stream left out stays where it is. */
  add(shard: Shard, epoch: Epoch, author: CommitAuthor, atMs: number, changed: Partial<ShardProgress>): void {
    const before = this.#newest(shard);
    const column = (stream: StreamName) => {
      const now = changed[stream];
      if (now) return [now.cursor, now.ahead.length === 0 ? "[]" : JSON.stringify(now.ahead)];
      return before ? [before[`${stream}_cursor`], before[`${stream}_ahead`]] : [0, "[]"];
    };
    this.#db
      .statement(`insert into godwit_journal_${this.#segments.newest.segment} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        ...[shard, (before?.entry ?? 0) + 1, epoch, author.memberId, author.codeVersion, atMs],
        ...[...column("in"), ...column("out")],
      );
  }

  /** The first entry that covers the message: once covered, all later entries cover it too, so that it can be searched by halves. */
  handledBy({ shard, stream, seq }: MessageRef): JournalEntry | undefined {
    if (!covers(this.progress(shard)[stream], seq)) return undefined;
    for (const segment of this.#segments.list) {
      const found = this.#firstCovering(segment, shard, stream, seq);
      if (found) return found === "forgotten" ? undefined : toEntry(found);
    }
    return undefined;
  }

  #firstCovering(
    segment: Segment,
    shard: Shard,
    stream: StreamName,
    seq: number,
  ): JournalRow | "forgotten" | undefined {
    const bounds = this.#db
      .statement<{ low: number | null; high: number | null }>(
        `select min(entry) as low, max(entry) as high from godwit_journal_${segment.segment} where shard = ?`,
      )
      .get(shard);
    if (!bounds || bounds.low === null || bounds.high === null) return undefined;
    let [low, high] = [bounds.low, bounds.high];
    let found: JournalRow | undefined;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#at(segment, shard, middle);
      if (row && covers(progressOf(row)[stream], seq)) {
        found = row;
        high = middle - 1;
      } else low = middle + 1;
    }
    // The first entry of the oldest segment is a copy of the last one before it: an earlier one may have covered the message first.
    const dropped = segment.segment > 1 && segment === this.#segments.list[0];
    return dropped && found?.entry === bounds.low ? "forgotten" : found;
  }

  #at(segment: Segment, shard: Shard, entry: number): JournalRow | null {
    return this.#db
      .statement<JournalRow>(`select * from godwit_journal_${segment.segment} where shard = ? and entry = ?`)
      .get(shard, entry);
  }

  #newest(shard: Shard): JournalRow | null {
    return this.#db
      .statement<JournalRow>(
        `select * from godwit_journal_${this.#segments.newest.segment} where shard = ? order by entry desc limit 1`,
      )
      .get(shard);
  }
}

function progressOf(row: JournalRow): ShardProgress {
  return { in: toProgress(row.in_cursor, row.in_ahead), out: toProgress(row.out_cursor, row.out_ahead) };
}

function toEntry(row: JournalRow): JournalEntry {
  const { member_id, code_version, at, epoch } = row;
  return { memberId: member_id, codeVersion: code_version, atMs: at, epoch, progress: progressOf(row) };
}
