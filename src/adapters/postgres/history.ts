import type { HistoryRecord, HistoryWrite, Seq } from "../../store/index.ts";
import { fromJsonTexts, jsonTexts } from "./json-texts.ts";
import type { Session } from "./session.ts";

/** Broadcasts of topics that keep history. The last sequence of a topic is read from the index; only pruning notes it in a row. */
export class History {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async append(writes: readonly HistoryWrite[], nowMs: number): Promise<readonly Seq[]> {
    if (writes.length === 0) return [];
    const [row] = await this.#session.rows<{ seqs: readonly Seq[] }>(
      `select ${this.#schema}.append_history($1::text[], $2::text[], ${fromJsonTexts("$3")}, $4::bigint) as seqs`,
      [
        this.#session.texts(writes.map(({ topic }) => topic)),
        this.#session.texts(writes.map(({ event }) => event)),
        jsonTexts(writes.map(({ payload }) => payload)),
        nowMs,
      ],
    );
    return row?.seqs ?? [];
  }

  read(topic: string, after: Seq, limit: number): Promise<readonly HistoryRecord[]> {
    return this.#session.rows<HistoryRecord>(
      `select topic, seq::float8, event, payload, at::float8 as "atMs" from ${this.#schema}.history
       where topic = $1 and seq > $2::bigint order by history.seq limit $3::int`,
      [topic, after, limit],
    );
  }

  async bounds(topic: string): Promise<{ readonly first: Seq; readonly last: Seq }> {
    const s = this.#schema;
    const [row] = await this.#session.rows<{ first: Seq | null; last: Seq }>(
      `select (select min(seq) from ${s}.history where topic = $1)::float8 as first, ${s}.last_in_history($1)::float8 as last`,
      [topic],
    );
    const last = row?.last ?? 0;
    return { first: row?.first ?? (last === 0 ? 0 : last + 1), last };
  }

  async prune(topic: string, keep: { readonly count?: number; readonly sinceMs?: number }): Promise<void> {
    await this.#session.rows(`select ${this.#schema}.prune_history($1, $2::bigint, $3::bigint)`, [
      topic,
      keep.count ?? null,
      keep.sinceMs ?? null,
    ]);
  }
}
