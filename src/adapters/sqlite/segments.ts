/**
 * The log's segments: numbered generations of the tables `godwit_in_N`, `godwit_out_N` and `godwit_journal_N`. Messages go into the
 * newest; the oldest is dropped whole, so that no row is ever deleted one by one.
 *
 * Invariants: segment numbers are consecutive. A segment's `base` of a stream is the last sequence before it, fixed when the segment is
 * begun: it holds base+1 … base of the next. Its journal begins with a copy of each shard's newest entry, so that the newest segment
 * alone tells every shard's progress. Any process may begin or drop one: `refresh` first, in the same transaction.
 */
import type { Seq, Shard, StreamName } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

export interface Segment {
  readonly segment: number;
  readonly begunAtMs: number;
  /** By shard. */
  readonly base: Readonly<Record<StreamName, readonly Seq[]>>;
}

export class Segments {
  readonly #db: SqliteDatabase;
  #list: readonly Segment[] = [];

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** Oldest first; at least one after `refresh`. */
  get list(): readonly Segment[] {
    return this.#list;
  }

  get newest(): Segment {
    const newest = this.#list.at(-1);
    if (!newest) throw new Error("segments are used before they were refreshed");
    return newest;
  }

  /** Learns what other processes have begun or dropped. */
  refresh(): void {
    const range = this.#db
      .statement<{ first: number | null; last: number | null }>(
        "select min(segment) as first, max(segment) as last from godwit_segments",
      )
      .get();
    if (!range || range.first === null || range.last === null) return;
    const { first, last } = range;
    if (first === this.#list[0]?.segment && last === this.#list.at(-1)?.segment) return;
    const kept = this.#list.filter((segment) => segment.segment >= first);
    for (const gone of this.#list.slice(0, this.#list.length - kept.length)) this.#db.forget(tablesOf(gone.segment));
    const after = kept.at(-1)?.segment ?? first - 1;
    for (let segment = after + 1; segment <= last; segment++) kept.push(this.#load(segment));
    this.#list = kept;
  }

  /** Where the message at `seq` lies; undefined when its segment was dropped. Of a future `seq`: the newest. */
  locate(stream: StreamName, shard: Shard, seq: Seq): Segment | undefined {
    return this.#list.findLast((segment) => (segment.base[stream][shard] ?? 0) < seq);
  }

  /** Highest sequence that the stream has. */
  head(stream: StreamName, shard: Shard): Seq {
    const { segment, base } = this.newest;
    const row = this.#db
      .statement<{ head: number | null }>(`select max(seq) as head from godwit_${stream}_${segment} where shard = ?`)
      .get(shard);
    return row?.head ?? base[stream][shard] ?? 0;
  }

  /** Begins a new segment; the very first where there is none. */
  begin(shardCount: number, nowMs: number): void {
    const previous = this.#list.at(-1);
    const segment = (previous?.segment ?? 0) + 1;
    for (let shard = 0; shard < shardCount; shard++) {
      const bases = previous ? [this.head("in", shard), this.head("out", shard)] : [0, 0];
      this.#db.statement("insert into godwit_segment_bases values (?, ?, ?, ?)").run(segment, shard, ...bases);
    }
    this.#db.exec(createTables(segment));
    if (previous) this.#db.exec(carryJournal(previous.segment, segment));
    this.#db.statement("insert into godwit_segments values (?, ?)").run(segment, nowMs);
    this.refresh();
  }

  /** Drops the oldest segment. */
  dropOldest(): void {
    const oldest = this.#list[0];
    if (!oldest || this.#list.length < 2) return;
    const tables = tablesOf(oldest.segment);
    this.#db.forget(tables);
    for (const table of tables) this.#db.exec(`drop table ${table}`);
    this.#db.statement("delete from godwit_segment_bases where segment = ?").run(oldest.segment);
    this.#db.statement("delete from godwit_segments where segment = ?").run(oldest.segment);
    this.refresh();
  }

  /** After a rollback, what was learnt inside the transaction may not be true. */
  invalidate(): void {
    this.#list = [];
  }

  #load(segment: number): Segment {
    const begun = this.#db
      .statement<{ begun_at: number }>("select begun_at from godwit_segments where segment = ?")
      .get(segment);
    const bases = this.#db
      .statement<{ in_base: number; out_base: number }>(
        "select in_base, out_base from godwit_segment_bases where segment = ? order by shard",
      )
      .all(segment);
    return {
      segment,
      begunAtMs: begun?.begun_at ?? 0,
      base: { in: bases.map((row) => row.in_base), out: bases.map((row) => row.out_base) },
    };
  }
}

function tablesOf(segment: number): readonly string[] {
  return [`godwit_in_${segment}`, `godwit_out_${segment}`, `godwit_journal_${segment}`];
}

/**
 * The streams' tables are ordinary ones with an index, not `without rowid`: a transaction's messages are of many shards, and so fall all over a
 * tree that is ordered by shard, whose pages split half full; in order of arrival they fill one page after the other. Half the pages are written.
 */
function createTables(segment: number): string {
  const stream = (name: StreamName): string => `
    create table godwit_${name}_${segment} (
      shard integer not null, seq integer not null, target text not null, key text not null, body text not null, meta text,
      accepted_at integer not null,
      primary key (shard, seq));`;
  return `${stream("in")}${stream("out")}
    create table godwit_journal_${segment} (
      shard integer not null, entry integer not null, epoch integer not null, member_id text not null, code_version text not null,
      at integer not null, in_cursor integer not null, in_ahead text not null, out_cursor integer not null, out_ahead text not null,
      primary key (shard, entry)) without rowid;`;
}

function carryJournal(from: number, to: number): string {
  return `insert into godwit_journal_${to} select * from godwit_journal_${from} as newest
    where entry = (select max(entry) from godwit_journal_${from} where shard = newest.shard)`;
}
