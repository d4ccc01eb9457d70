import {
  type DeadLetter,
  type DeadLetterFilter,
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
  toPage,
} from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { type DeadLetterRow, toDeadLetter } from "./dead-letters.ts";
import type { Journal } from "./journal.ts";
import { type LaneRow, toLane } from "./lane-records.ts";
import { type MessageRow, toMessage } from "./rows.ts";
import type { Segments } from "./segments.ts";
import { type StateRow, toState } from "./states.ts";

export function findMessage(db: SqliteDatabase, segments: Segments, ref: MessageRef): StoredMessage | undefined {
  const { shard, stream, seq } = ref;
  const segment = segments.locate(stream, shard, seq);
  const row =
    (segment &&
      db
        .statement<MessageRow>(`select * from godwit_${stream}_${segment.segment} where shard = ? and seq = ?`)
        .get(shard, seq)) ??
    db
      .statement<MessageRow>("select * from godwit_backlog where shard = ? and stream = ? and seq = ?")
      .get(shard, stream, seq) ??
    findDeadLetterRow(db, ref);
  return row ? toMessage(stream, row) : undefined;
}

export function findDeadLetter(db: SqliteDatabase, ref: MessageRef): DeadLetter | undefined {
  const row = findDeadLetterRow(db, ref);
  return row ? toDeadLetter(row) : undefined;
}

function findDeadLetterRow(db: SqliteDatabase, { shard, stream, seq }: MessageRef): DeadLetterRow | null {
  return db
    .statement<DeadLetterRow>("select * from godwit_dead_letters where shard = ? and stream = ? and seq = ?")
    .get(shard, stream, seq);
}

export function listDeadLetters(db: SqliteDatabase, filter: DeadLetterFilter, request: PageRequest): Page<DeadLetter> {
  const rows = db
    .statement<DeadLetterRow>(
      `select * from godwit_dead_letters
       where (shard, stream, seq) > (?, ?, ?) and (?4 is null or target = ?4) and (?5 is null or key = ?5)
         and (?6 is null or status = ?6)
       order by shard, stream, seq limit ?7`,
    )
    .all(
      ...positionOf(request, [-1, "", 0]),
      ...[filter.target ?? null, filter.key ?? null, filter.status ?? null, request.limit + 1],
    );
  return toPage(rows, request, toDeadLetter, ({ shard, stream, seq }) => [shard, stream, seq]);
}

type WaitingLane = LaneRecord & { readonly shard: Shard; readonly waiting: number };

export function listLanes(db: SqliteDatabase, filter: LaneFilter, request: PageRequest): Page<WaitingLane> {
  const rows = db
    .statement<LaneRow & { readonly waiting: number }>(
      `select lane.*, (
         select count(*) from godwit_backlog as b
         where b.shard = lane.shard and b.stream = lane.stream and b.target = lane.target and b.key = lane.key
       ) as waiting
       from godwit_lanes as lane
       where (shard, stream, target, key) > (?, ?, ?, ?) and (?5 is null or target = ?5) and (?6 is null or status = ?6)
         and (?7 is null or key = ?7)
       order by shard, stream, target, key limit ?8`,
    )
    .all(
      ...positionOf(request, [-1, "", "", ""]),
      ...[filter.target ?? null, filter.status ?? null, filter.key ?? null, request.limit + 1],
    );
  const toWaitingLane = (row: LaneRow & { readonly waiting: number }): WaitingLane => ({
    ...toLane(row),
    shard: row.shard,
    waiting: row.waiting,
  });
  return toPage(rows, request, toWaitingLane, ({ shard, stream, target, key }) => [shard, stream, target, key]);
}

export function listStates(
  db: SqliteDatabase,
  target: string,
  keyPrefix: string,
  request: PageRequest,
): Page<StateRecord> {
  const rows = db
    .statement<StateRow>(
      `select * from godwit_states
       where target = ?1 and key >= ?2 and key > ?3 and substr(key, 1, length(?2)) = ?2 order by key limit ?4`,
    )
    .all(target, keyPrefix, ...positionOf(request, [""]), request.limit + 1);
  return toPage(rows, request, toState, ({ key }) => [key]);
}

export function shardStatuses(db: SqliteDatabase, segments: Segments, journal: Journal): readonly ShardStatus[] {
  const leases = db
    .statement<Pick<ShardStatus, "shard" | "epoch" | "owner">>(
      "select shard, epoch, owner from godwit_leases order by shard",
    )
    .all();
  return leases.map((lease) => {
    const progress = journal.progress(lease.shard);
    return {
      ...lease,
      head: { in: segments.head("in", lease.shard), out: segments.head("out", lease.shard) },
      cursor: { in: progress.in.cursor, out: progress.out.cursor },
    };
  });
}
