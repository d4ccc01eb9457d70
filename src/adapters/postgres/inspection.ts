import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterStatus,
  type JournalEntry,
  type LaneFilter,
  type LaneRecord,
  type MessageRef,
  type Page,
  type PageRequest,
  positionOf,
  type Shard,
  type ShardStatus,
  type StateRecord,
  type StoredMessage,
  type StreamName,
  toPage,
} from "../../store/index.ts";
import {
  LANE_COLUMNS,
  type LaneRow,
  MESSAGE_COLUMNS,
  type MessageRow,
  type ProgressRow,
  toLane,
  toMessage,
  toProgress,
} from "./rows.ts";
import type { Session } from "./session.ts";

interface DeadLetterRow extends MessageRow {
  readonly stream: StreamName;
  readonly attempts: number;
  readonly error: string;
  readonly died_at: number;
  readonly status: DeadLetterStatus;
  readonly reason: string | null;
}

const DEAD_LETTER_COLUMNS = `${MESSAGE_COLUMNS}, stream, attempts, error, died_at::float8, status, reason`;

type WaitingLane = LaneRecord & { readonly shard: Shard; readonly waiting: number };

/** What people look at. */
export class Inspection {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async message({ shard, stream, seq }: MessageRef): Promise<StoredMessage | undefined> {
    const [row] = await this.#session.rows<MessageRow>(
      `select * from ${this.#schema}.find_message($1::int, $2, $3::bigint)`,
      [shard, stream, seq],
    );
    return row && toMessage(stream, row);
  }

  async handledBy({ shard, stream, seq }: MessageRef): Promise<JournalEntry | undefined> {
    const [row] = await this.#session.rows<
      ProgressRow & { epoch: number; at: number; member_id: string; code_version: string }
    >(`select * from ${this.#schema}.handled_by($1::int, $2, $3::bigint)`, [shard, stream, seq]);
    if (!row) return undefined;
    const { member_id, code_version, at, epoch } = row;
    return { memberId: member_id, codeVersion: code_version, atMs: at, epoch, progress: toProgress(row) };
  }

  async deadLetter({ shard, stream, seq }: MessageRef): Promise<DeadLetter | undefined> {
    const [row] = await this.#session.rows<DeadLetterRow>(
      `select ${DEAD_LETTER_COLUMNS} from ${this.#schema}.dead_letters where shard = $1::int and stream = $2 and seq = $3::bigint`,
      [shard, stream, seq],
    );
    return row && toDeadLetter(row);
  }

  async deadLetters(filter: DeadLetterFilter, request: PageRequest): Promise<Page<DeadLetter>> {
    const rows = await this.#session.rows<DeadLetterRow>(
      `select ${DEAD_LETTER_COLUMNS} from ${this.#schema}.dead_letters l
       where (shard, stream, l.seq) > ($1::int, $2::text, $3::bigint) and ($4::text is null or target = $4)
         and ($5::text is null or key = $5) and ($6::text is null or status = $6)
       order by shard, stream, l.seq limit $7::int`,
      [
        ...positionOf(request, [-1, "", 0]),
        filter.target ?? null,
        filter.key ?? null,
        filter.status ?? null,
        request.limit + 1,
      ],
    );
    return toPage(rows, request, toDeadLetter, ({ shard, stream, seq }) => [shard, stream, seq]);
  }

  async lanes(filter: LaneFilter, request: PageRequest): Promise<Page<WaitingLane>> {
    const s = this.#schema;
    const rows = await this.#session.rows<LaneRow & { waiting: number }>(
      `select ${LANE_COLUMNS}, (
         select count(*)::float8 from ${s}.backlog b
         where (b.shard, b.stream, b.target, b.key) = (l.shard, l.stream, l.target, l.key)) as waiting
       from ${s}.lanes l
       where (shard, stream, target, key) > ($1::int, $2::text, $3::text, $4::text) and ($5::text is null or target = $5)
         and ($6::text is null or status = $6) and ($7::text is null or key = $7)
       order by shard, stream, target, key limit $8::int`,
      [
        ...positionOf(request, [-1, "", "", ""]),
        filter.target ?? null,
        filter.status ?? null,
        filter.key ?? null,
        request.limit + 1,
      ],
    );
    const toWaiting = (row: LaneRow & { waiting: number }): WaitingLane => ({
      ...toLane(row),
      shard: row.shard,
      waiting: row.waiting,
    });
    return toPage(rows, request, toWaiting, ({ shard, stream, target, key }) => [shard, stream, target, key]);
  }

  async states(target: string, keyPrefix: string, request: PageRequest): Promise<Page<StateRecord>> {
    const [after] = positionOf(request, [""]);
    const rows = await this.#session.rows<{ key: string; body: string; version: number; updated_at: number }>(
      `select * from ${this.#schema}.list_states($1, $2, $3, $4::int)`,
      [target, keyPrefix, after as string, request.limit + 1],
    );
    const toState = ({ key, body, version, updated_at }: (typeof rows)[number]): StateRecord => ({
      target,
      key,
      body,
      version,
      updatedAtMs: updated_at,
    });
    return toPage(rows, request, toState, ({ key }) => [key]);
  }

  async shards(): Promise<readonly ShardStatus[]> {
    const rows = await this.#session.rows<{
      shard: number;
      epoch: number;
      owner: string | null;
      in_head: number;
      out_head: number;
      in_cursor: number;
      out_cursor: number;
    }>(`select * from ${this.#schema}.shard_statuses()`);
    return rows.map(({ shard, epoch, owner, in_head, out_head, in_cursor, out_cursor }) => ({
      shard,
      epoch,
      owner,
      head: { in: in_head, out: out_head },
      cursor: { in: in_cursor, out: out_cursor },
    }));
  }
}

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { stream, attempts, error, died_at, status, reason } = row;
  return { ...toMessage(stream, row), attempts, error, diedAtMs: died_at, status, reason };
}
