import type {
  LaneId,
  ReadPosition,
  Seq,
  Shard,
  StateRecord,
  StoredMessage,
  StreamName,
  TimerRecord,
} from "../../store/index.ts";
import { MESSAGE_COLUMNS, type MessageRow, toMessage } from "./rows.ts";
import type { Session } from "./session.ts";

const STREAMS: readonly StreamName[] = ["in", "out"];

/** What a lease holder reads: streams, states, backlogs, timers. */
export class Reader {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async streams(positions: readonly ReadPosition[], limit: number): Promise<readonly StoredMessage[]> {
    const read = STREAMS.map((stream) =>
      this.#stream(
        stream,
        positions.filter((position) => position.stream === stream),
        limit,
      ),
    );
    return (await Promise.all(read)).flat();
  }

  async states(ids: readonly Pick<StateRecord, "target" | "key">[]): Promise<readonly (StateRecord | undefined)[]> {
    if (ids.length === 0) return [];
    const rows = await this.#session.rows<{ ord: number; body: string; version: number; updated_at: number }>(
      `select * from ${this.#schema}.newest_states($1::text[], $2::text[])`,
      [this.#session.texts(ids.map(({ target }) => target)), this.#session.texts(ids.map(({ key }) => key))],
    );
    const byPlace = new Map(rows.map((row) => [row.ord - 1, row]));
    return ids.map(({ target, key }, at) => {
      const row = byPlace.get(at);
      return row && { target, key, body: row.body, version: row.version, updatedAtMs: row.updated_at };
    });
  }

  async backlog(shard: Shard, lane: LaneId, after: Seq, limit: number): Promise<readonly StoredMessage[]> {
    const rows = await this.#session.rows<MessageRow>(
      `select ${MESSAGE_COLUMNS} from ${this.#schema}.backlog b
       where shard = $1::int and stream = $2 and target = $3 and key = $4 and b.seq > $5::bigint order by b.seq limit $6::int`,
      [shard, lane.stream, lane.target, lane.key, after, limit],
    );
    return rows.map((row) => toMessage(lane.stream, row));
  }

  dueTimers(shards: readonly Shard[], nowMs: number, limit: number): Promise<readonly TimerRecord[]> {
    return this.#session.rows<TimerRecord>(
      `select shard, target, key, name, due_at::float8 as "dueAtMs", body, meta from ${this.#schema}.timers
       where shard = any ($1::int[]) and due_at <= $2::bigint order by due_at, shard, target, key, name limit $3::int`,
      [this.#session.ints(shards), nowMs, limit],
    );
  }

  async nextTimerAt(shards: readonly Shard[]): Promise<number | undefined> {
    const [row] = await this.#session.rows<{ at: number | null }>(
      `select min(t.due_at)::float8 as at from unnest($1::int[]) s
       cross join lateral (select due_at from ${this.#schema}.timers where shard = s order by due_at limit 1) t`,
      [this.#session.ints(shards)],
    );
    return row?.at ?? undefined;
  }

  async #stream(
    stream: StreamName,
    positions: readonly ReadPosition[],
    limit: number,
  ): Promise<readonly StoredMessage[]> {
    if (positions.length === 0) return [];
    const rows = await this.#session.rows<MessageRow>(
      `select * from ${this.#schema}.read_stream($1, $2::int[], $3::bigint[], $4::int)`,
      [
        stream,
        this.#session.ints(positions.map(({ shard }) => shard)),
        this.#session.bigints(positions.map(({ after }) => after)),
        limit,
      ],
    );
    return rows.map((row) => toMessage(stream, row));
  }
}
