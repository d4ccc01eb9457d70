/**
 * Begins and drops generations of tables. Steps are transactions of their own, small, one at a time in the whole cluster (`upkeep`
 * lock, tried and not waited for); a step that dies half-way leaves nothing, and the next `maintain` goes on from what is there.
 *
 * To begin a generation, a step holds what excludes its writers (the `append` or `fence` locks of every shard) for the moment that
 * it takes to create a table. To drop one, it waits for readers at most `LOCK_WAIT_MS`, then leaves it for the next time: whoever comes
 * after a waiting drop would have to wait too.
 */
import type { RetentionPolicy } from "../../store/index.ts";
import type { SchemaNames } from "./names.ts";
import { sqlState } from "./postgres-errors.ts";
import { dedupeTable, segmentTables, stateLogTable } from "./schema-tables.ts";
import type { Session, Transaction } from "./session.ts";

const LOCK_WAIT_MS = 500;
const LOCK_NOT_AVAILABLE = "55P03";
/** A segment whose tables have grown to this size is full before its time. */
const SEGMENT_MAX_BYTES = 2 ** 30;
/** Steps of one `maintain`: a bound, in case that there is always another. */
const MAX_STEPS = 100;

/** How large a state part grows before it is folded. Larger: fewer writes of each state twice; smaller: a smaller index on the hot path. */
export const STATE_PART_MAX_BYTES: number = 64 * 2 ** 20;

type Step = (transaction: Transaction, policy: RetentionPolicy, nowMs: number) => Promise<boolean>;

export class Upkeep {
  readonly #session: Session;
  readonly #names: SchemaNames;
  readonly #statePartMaxBytes: number;

  constructor(session: Session, names: SchemaNames, statePartMaxBytes: number) {
    this.#session = session;
    this.#names = names;
    this.#statePartMaxBytes = statePartMaxBytes;
  }

  async maintain(policy: RetentionPolicy, nowMs: number): Promise<void> {
    const steps: readonly Step[] = [
      (transaction) => this.#beginSegment(transaction, policy.segmentMs, nowMs),
      (transaction) => this.#dropSegment(transaction, policy.keepMs, nowMs),
      (transaction) => this.#beginDedupePart(transaction, policy.dedupeWindowMs, nowMs),
      (transaction) => this.#dropDedupePart(transaction, policy.dedupeWindowMs, nowMs),
      (transaction) => this.#beginStatePart(transaction, nowMs),
      (transaction) => this.#foldStatePart(transaction),
      (transaction) => this.#forgetMembers(transaction),
    ];
    for (const step of steps) for (let count = 0; count < MAX_STEPS && (await this.#run(step, policy, nowMs)); count++);
  }

  /** One step, unless another process is at it. Returns whether it changed anything. */
  async #run(step: Step, policy: RetentionPolicy, nowMs: number): Promise<boolean> {
    try {
      return await this.#session.transaction(async (transaction) => {
        const [turn] = await transaction.rows<{ ours: boolean }>(
          `select pg_try_advisory_xact_lock(${this.#names.locks.upkeep}, 0) as ours, set_config('lock_timeout', '${LOCK_WAIT_MS}', true)`,
        );
        return turn?.ours === true && (await step(transaction, policy, nowMs));
      });
    } catch (thrown) {
      if (sqlState(thrown) === LOCK_NOT_AVAILABLE) return false;
      throw thrown;
    }
  }

  /** Full by time or by size; an empty one is never full, so that an idle store does not turn segments over. */
  async #beginSegment({ rows }: Transaction, segmentMs: number, nowMs: number): Promise<boolean> {
    const { schema: s } = this.#names;
    const [newest] = await rows<{ segment: number; begun_at: number }>(
      `select segment, begun_at::float8 from ${s}.segments order by segment desc limit 1`,
    );
    if (!newest) return false;
    const { segment } = newest;
    const [size] = await rows<{ bytes: number; used: boolean }>(
      `select (pg_relation_size('${s}.in_${segment}') + pg_relation_size('${s}.out_${segment}'))::float8 as bytes,
        exists (select from ${s}.in_${segment}) or exists (select from ${s}.out_${segment}) as used`,
    );
    if (!size?.used || (nowMs - newest.begun_at < segmentMs && size.bytes < SEGMENT_MAX_BYTES)) return false;
    await this.#lockShards(rows, ["fence", "append"]);
    await rows(`${segmentTables(s, segment + 1)}
      insert into ${s}.segment_bases select ${segment + 1}, i.shard, i.head, o.head
        from ${s}.heads('in', ${segment}, array(select shard from ${s}.leases)) i
        join ${s}.heads('out', ${segment}, array(select shard from ${s}.leases)) o using (shard);
      insert into ${s}.journal_${segment + 1} select j.* from ${s}.leases l
        cross join lateral (select * from ${s}.journal_${segment} where shard = l.shard order by entry desc limit 1) j;
      insert into ${s}.segments values (${segment + 1}, ${Math.trunc(nowMs)});`);
    return true;
  }

  /** Drops the oldest segment when it ended long enough ago and everything in it has been handled. */
  async #dropSegment({ rows }: Transaction, keepMs: number, nowMs: number): Promise<boolean> {
    const { schema: s } = this.#names;
    const [oldest, next] = await rows<{ segment: number; begun_at: number }>(
      `select segment, begun_at::float8 from ${s}.segments order by segment limit 2`,
    );
    if (!oldest || !next || nowMs - next.begun_at < keepMs) return false;
    const [left] = await rows<{ undone: boolean }>(
      `select exists (select from ${s}.segment_bases b join ${s}.shard_progress(array(select shard from ${s}.leases)) p using (shard)
         where b.segment = ${next.segment} and (p.in_cursor < b.in_base or p.out_cursor < b.out_base)) as undone`,
    );
    if (left?.undone !== false) return false;
    await rows(`drop table ${s}.in_${oldest.segment}, ${s}.out_${oldest.segment}, ${s}.journal_${oldest.segment};
      delete from ${s}.segment_bases where segment = ${oldest.segment};
      delete from ${s}.segments where segment = ${oldest.segment};`);
    return true;
  }

  /** A part spans half a window: at most three are looked through, and a pair is remembered for at most one window and a half. */
  async #beginDedupePart({ rows }: Transaction, windowMs: number, nowMs: number): Promise<boolean> {
    const { schema: s } = this.#names;
    const [newest] = await rows<{ part: number; begun_at: number }>(
      `select part, begun_at::float8 from ${s}.dedupe_parts order by part desc limit 1`,
    );
    if (!newest || nowMs - newest.begun_at < windowMs / 2) return false;
    const [used] = await rows<{ used: boolean }>(`select exists (select from ${s}.dedupe_${newest.part}) as used`);
    if (!used?.used) return false;
    await this.#lockShards(rows, ["append"]);
    await rows(`${dedupeTable(s, newest.part + 1)}
      insert into ${s}.dedupe_parts values (${newest.part + 1}, ${Math.trunc(nowMs)});`);
    return true;
  }

  async #dropDedupePart({ rows }: Transaction, windowMs: number, nowMs: number): Promise<boolean> {
    const { schema: s } = this.#names;
    const [oldest, next] = await rows<{ part: number; begun_at: number }>(
      `select part, begun_at::float8 from ${s}.dedupe_parts order by part limit 2`,
    );
    if (!oldest || !next || nowMs - next.begun_at < windowMs) return false;
    await rows(`drop table ${s}.dedupe_${oldest.part}; delete from ${s}.dedupe_parts where part = ${oldest.part};`);
    return true;
  }

  async #beginStatePart({ rows }: Transaction, nowMs: number): Promise<boolean> {
    const { schema: s } = this.#names;
    const [newest] = await rows<{ part: number }>(`select max(part) as part from ${s}.state_parts`);
    const part = newest?.part ?? 0;
    const [size] = await rows<{ bytes: number }>(`select pg_relation_size('${s}.state_log_${part}')::float8 as bytes`);
    if ((size?.bytes ?? 0) < this.#statePartMaxBytes) return false;
    await this.#lockShards(rows, ["fence"]);
    await rows(
      `${stateLogTable(s, part + 1)} insert into ${s}.state_parts values (${part + 1}, ${Math.trunc(nowMs)});`,
    );
    return true;
  }

  /** Puts the newest states of the oldest part, which nobody writes to any more, into `states`, and drops it. */
  async #foldStatePart({ rows }: Transaction): Promise<boolean> {
    const { schema: s } = this.#names;
    const parts = await rows<{ part: number }>(`select part from ${s}.state_parts order by part limit 2`);
    const part = parts[0]?.part;
    if (part === undefined || parts.length < 2) return false;
    await rows(`
      create temp table folded on commit drop as
        select distinct on (key, target) target, key, body, version, updated_at from ${s}.state_log_${part}
        order by key, target, entry desc;
      delete from ${s}.states t using folded f where f.body is null and t.target = f.target and t.key = f.key;
      insert into ${s}.states select target, key, body, version, updated_at from folded where body is not null
        on conflict (target, key) do update
        set body = excluded.body, version = excluded.version, updated_at = excluded.updated_at;
      drop table ${s}.state_log_${part};
      delete from ${s}.state_parts where part = ${part};`);
    return true;
  }

  /** A member that has been silent for a day leaves no trace but its name in the journal. */
  async #forgetMembers({ rows }: Transaction): Promise<boolean> {
    await rows(`delete from ${this.#names.schema}.members where expires_at < clock_timestamp() - interval '1 day'`);
    return false;
  }

  async #lockShards(rows: Transaction["rows"], classes: readonly ("fence" | "append")[]): Promise<void> {
    for (const name of classes) {
      await rows(
        `select pg_advisory_xact_lock(${this.#names.locks[name]}, shard)
         from (select shard from ${this.#names.schema}.leases order by shard) l`,
      );
    }
  }
}
