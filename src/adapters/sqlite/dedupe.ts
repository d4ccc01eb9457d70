/**
 * Which (source, external id) pairs were taken, in time partitions `godwit_dedupe_N` that are dropped whole. Each partition spans one
 * dedupe window, so that two of them cover the window at any moment and a look-up probes two tables.
 *
 * `seq` is null while the message is held.
 */
import type { Seq } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";

export interface DedupeKey {
  readonly source: string;
  readonly externalId: string;
}

export class Dedupe {
  readonly #db: SqliteDatabase;
  #first = 0;
  #last = 0;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  get empty(): boolean {
    return this.#last === 0;
  }

  /** Learns what other processes have begun or dropped. */
  refresh(): void {
    const range = this.#db
      .statement<{ first: number | null; last: number | null }>(
        "select min(part) as first, max(part) as last from godwit_dedupe_partitions",
      )
      .get();
    for (let part = this.#first; part < (range?.first ?? 0); part++) this.#db.forget([tableOf(part)]);
    this.#first = range?.first ?? 0;
    this.#last = range?.last ?? 0;
  }

  /** Where the pair was taken; undefined when it is new. */
  find({ source, externalId }: DedupeKey): { readonly seq: Seq | null } | undefined {
    for (let part = this.#last; part >= this.#first; part--) {
      const row = this.#db
        .statement<{ seq: number | null }>(`select seq from ${tableOf(part)} where source = ? and external_id = ?`)
        .get(source, externalId);
      if (row) return row;
    }
    return undefined;
  }

  add({ source, externalId }: DedupeKey, seq: Seq | null): void {
    this.#db.statement(`insert into ${tableOf(this.#last)} values (?, ?, ?)`).run(source, externalId, seq);
  }

  /** A held message has found its place. */
  settle({ source, externalId }: DedupeKey, seq: Seq): void {
    for (let part = this.#last; part >= this.#first; part--) {
      this.#db
        .statement(`update ${tableOf(part)} set seq = ? where source = ? and external_id = ?`)
        .run(seq, source, externalId);
    }
  }

  begin(nowMs: number): void {
    const part = this.#last + 1;
    this.#db.exec(`create table ${tableOf(part)} (
      source text not null, external_id text not null, seq integer,
      primary key (source, external_id)) without rowid`);
    this.#db.statement("insert into godwit_dedupe_partitions values (?, ?)").run(part, nowMs);
    this.refresh();
  }

  /** Begins and drops partitions by the window. Returns whether it changed anything. */
  maintain(windowMs: number, nowMs: number): boolean {
    const parts = this.#db
      .statement<{ part: number; begun_at: number }>(
        "select part, begun_at from godwit_dedupe_partitions order by part",
      )
      .all();
    const newest = parts.at(-1);
    const begins = newest !== undefined && newest.begun_at + windowMs <= nowMs;
    if (begins) this.begin(nowMs);
    // A partition's entries are all older than the window once the partition after it has lasted a whole window.
    const expired = parts.filter((_, i) => (parts[i + 1]?.begun_at ?? Number.POSITIVE_INFINITY) + windowMs <= nowMs);
    for (const { part } of expired) this.#drop(part);
    return begins || expired.length > 0;
  }

  #drop(part: number): void {
    this.#db.forget([tableOf(part)]);
    this.#db.exec(`drop table ${tableOf(part)}`);
    this.#db.statement("delete from godwit_dedupe_partitions where part = ?").run(part);
    this.refresh();
  }
}

function tableOf(part: number): string {
  return `godwit_dedupe_${part}`;
}
