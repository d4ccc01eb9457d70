import type { NewMessage, Seq, Shard, StreamName } from "../../store/index.ts";
import type { SqliteDatabase, SqliteStatement } from "./database.ts";
import type { Segments } from "./segments.ts";

/**
 * Allots sequences and writes messages into the newest segment; lives for one write transaction. The write lock is held from the
 * first look at a head to the commit: sequences have no holes, and none becomes visible after a larger one.
 */
export class StreamWriter {
  readonly #db: SqliteDatabase;
  readonly #segments: Segments;
  readonly #heads = { in: new Map<Shard, Seq>(), out: new Map<Shard, Seq>() };
  readonly #inserts: Partial<Record<StreamName, SqliteStatement>> = {};

  constructor(db: SqliteDatabase, segments: Segments) {
    this.#db = db;
    this.#segments = segments;
  }

  /** The shards whose stream has grown. */
  grown(stream: StreamName): readonly Shard[] {
    return [...this.#heads[stream].keys()];
  }

  append(stream: StreamName, shard: Shard, message: NewMessage, acceptedAtMs: number): Seq {
    const seq = (this.#heads[stream].get(shard) ?? this.#segments.head(stream, shard)) + 1;
    const { target, key, body, meta } = message;
    this.#insert(stream).run(shard, seq, target, key, body, meta, acceptedAtMs);
    this.#heads[stream].set(shard, seq);
    return seq;
  }

  #insert(stream: StreamName): SqliteStatement {
    this.#inserts[stream] ??= this.#db.statement(
      `insert into godwit_${stream}_${this.#segments.newest.segment} values (?, ?, ?, ?, ?, ?, ?)`,
    );
    return this.#inserts[stream];
  }
}
