/**
 * The store in one SQLite file: messages, states, leases and the users' own tables, committed together.
 *
 * States: new → started → stopped. Every process of a node opens the same file (see `database.ts` for who writes when); a second
 * *node* is kept out by `claimDataFolder`. What a method has written when it resolves has been fsynced (WAL, synchronous=FULL). What is
 * kept in memory (segment list, statements) is a cache that each transaction checks first.
 */
import { type Clock, InvalidInputError, StoreUnavailableError, systemClock } from "../../core/index.ts";
import type {
  AcquiredLease,
  AppendRequest,
  AppendResult,
  CommitOutcome,
  CommitRequest,
  DeadLetter,
  DeadLetterFilter,
  ErrorFilter,
  ErrorGroup,
  ErrorNews,
  ErrorNote,
  ErrorState,
  GapPassed,
  HistoryRecord,
  HistoryWrite,
  JournalEntry,
  LaneFilter,
  LaneId,
  LaneRecord,
  Lease,
  Member,
  Membership,
  MessageRef,
  Page,
  PageRequest,
  ReadPosition,
  RetentionPolicy,
  Seq,
  Shard,
  ShardStatus,
  SqlStatement,
  StateRecord,
  Store,
  StoredMessage,
  TimerRecord,
} from "../../store/index.ts";
import { applyCommit, blameForeignKey, CommitRefused } from "./commit.ts";
import { SqliteDatabase } from "./database.ts";
import { Dedupe } from "./dedupe.ts";
import { decideError, findError, listErrors, noteErrors } from "./error-inbox.ts";
import { isGapDue } from "./held-messages.ts";
import { appendHistory, historyBounds, pruneHistory, readHistory } from "./history.ts";
import { findDeadLetter, findMessage, listDeadLetters, listLanes, listStates, shardStatuses } from "./inspection.ts";
import { Intake } from "./intake.ts";
import { Journal } from "./journal.ts";
import { readBacklog } from "./lane-records.ts";
import { Leases } from "./leases.ts";
import { maintain } from "./maintenance.ts";
import { readStreams } from "./reading.ts";
import { type Creation, upgradeSchema } from "./schema.ts";
import { Segments } from "./segments.ts";
import { isForeignKeyFault } from "./sqlite-errors.ts";
import { readStates } from "./states.ts";
import { StreamWriter } from "./stream-writer.ts";
import { dueTimers, nextTimerAt } from "./timers.ts";
import { UserSql } from "./user-sql.ts";

const DEFAULT_SHARD_COUNT = 64;
const MAX_SHARD_COUNT = 4_096;

export interface SqliteStoreOptions {
  /** The database file, or `:memory:` (nothing survives, one process only; for tests). */
  readonly path: string;
  /** Number of shards, 1 … 4,096, when the file is created; a file that is there keeps its own. Default 64. */
  readonly shardCount?: number;
  /** Leases expire by it. Default: the machine's. */
  readonly clock?: Clock;
}

/** What a started store works with. */
interface Opened extends Creation {
  readonly db: SqliteDatabase;
  readonly segments: Segments;
  readonly dedupe: Dedupe;
  readonly journal: Journal;
  readonly leases: Leases;
  readonly userSql: UserSql;
}

/** A `Store` (see the port for every promise) in a SQLite file. */
export class SqliteStore implements Store {
  readonly description: string;
  readonly sharedAcrossNodes = false;
  readonly #options: SqliteStoreOptions;
  readonly #clock: Clock;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;

  /** @throws InvalidInputError when the shard count is out of range. */
  constructor(options: SqliteStoreOptions) {
    const { shardCount = DEFAULT_SHARD_COUNT } = options;
    if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > MAX_SHARD_COUNT) {
      throw new InvalidInputError("shardCount", `an integer from 1 to ${MAX_SHARD_COUNT}`, shardCount);
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.description = `sqlite:${options.path}`;
  }

  get shardCount(): number {
    return this.#require().shardCount;
  }

  get storeId(): string {
    return this.#require().storeId;
  }

  async start(): Promise<void> {
    this.#opening ??= open(this.#options, this.#clock);
    const opening = this.#opening;
    try {
      const opened = await opening;
      // Unless it was stopped meanwhile, which closes what was opened.
      if (this.#opening === opening) this.#opened = opened;
    } catch (thrown) {
      if (this.#opening === opening) this.#opening = undefined;
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#opened = undefined;
    const opened = await opening?.catch(() => undefined);
    await opened?.db.settled();
    opened?.userSql.close();
    opened?.db.close();
  }

  append(requests: readonly AppendRequest[], nowMs: number): Promise<AppendResult> {
    return this.#write(({ db, segments, dedupe, shardCount }) => {
      for (const { shard } of requests) requireShard(shard, shardCount);
      const intake = new Intake(db, new StreamWriter(db, segments), dedupe, nowMs);
      for (const request of requests) intake.take(request);
      return intake.finish();
    });
  }

  read(positions: readonly ReadPosition[], limit: number): Promise<readonly StoredMessage[]> {
    return this.#read(({ db, segments }) => readStreams(db, segments, positions, limit));
  }

  async passGaps(
    nowMs: number,
  ): Promise<{ readonly passed: readonly GapPassed[]; readonly released: readonly StoredMessage[] }> {
    const due = await this.#read(({ db }) => isGapDue(db, nowMs));
    if (!due) return { passed: [], released: [] };
    return this.#write(({ db, segments, dedupe }) => {
      const intake = new Intake(db, new StreamWriter(db, segments), dedupe, nowMs);
      intake.passDue();
      const { passed, released } = intake.finish();
      return { passed, released };
    });
  }

  heartbeat(member: Member, ttlMs: number): Promise<Membership> {
    return this.#write(({ leases }) => {
      const nowMs = this.#clock.wallMs();
      return leases.heartbeat(member, nowMs + ttlMs, nowMs);
    });
  }

  acquire(memberId: string, most: number, among?: readonly Shard[]): Promise<readonly AcquiredLease[]> {
    return this.#write(({ leases }) => leases.acquire(memberId, most, this.#clock.wallMs(), among));
  }

  release(memberId: string, leases: readonly Lease[]): Promise<void> {
    return this.#write((opened) => opened.leases.release(memberId, leases));
  }

  evict(memberId: string, running: readonly MessageRef[]): Promise<void> {
    return this.#write(({ leases }) => leases.evict(memberId, running));
  }

  async commit(request: CommitRequest): Promise<CommitOutcome> {
    try {
      return await this.#commit(request);
    } catch (thrown) {
      if (thrown instanceof CommitRefused) return thrown.outcome;
      throw thrown;
    }
  }

  readStates(ids: readonly Pick<StateRecord, "target" | "key">[]): Promise<readonly (StateRecord | undefined)[]> {
    return this.#read(({ db }) => readStates(db, ids));
  }

  readBacklog(shard: Shard, lane: LaneId, after: Seq, limit: number): Promise<readonly StoredMessage[]> {
    return this.#read(({ db }) => readBacklog(db, shard, lane, after, limit));
  }

  dueTimers(shards: readonly Shard[], nowMs: number, limit: number): Promise<readonly TimerRecord[]> {
    return this.#read(({ db }) => dueTimers(db, shards, nowMs, limit));
  }

  nextTimerAt(shards: readonly Shard[]): Promise<number | undefined> {
    return this.#read(({ db }) => nextTimerAt(db, shards));
  }

  appendHistory(writes: readonly HistoryWrite[], nowMs: number): Promise<readonly Seq[]> {
    return this.#write(({ db }) => appendHistory(db, writes, nowMs));
  }

  readHistory(topic: string, after: Seq, limit: number): Promise<readonly HistoryRecord[]> {
    return this.#read(({ db }) => readHistory(db, topic, after, limit));
  }

  historyBounds(topic: string): Promise<{ readonly first: Seq; readonly last: Seq }> {
    return this.#read(({ db }) => historyBounds(db, topic));
  }

  pruneHistory(topic: string, keep: { readonly count?: number; readonly sinceMs?: number }): Promise<void> {
    return this.#write(({ db }) => pruneHistory(db, topic, keep));
  }

  async setUp(statements: readonly string[]): Promise<void> {
    for (const statement of statements) {
      await this.#write(({ userSql }) => userSql.setUp(statement, this.#clock.wallMs()));
    }
  }

  query(statement: SqlStatement): Promise<readonly Record<string, unknown>[]> {
    return this.#read(({ userSql }) => userSql.query(statement));
  }

  message(ref: MessageRef): Promise<StoredMessage | undefined> {
    return this.#read(({ db, segments }) => findMessage(db, segments, ref));
  }

  handledBy(ref: MessageRef): Promise<JournalEntry | undefined> {
    return this.#read(({ journal }) => journal.handledBy(ref));
  }

  deadLetter(ref: MessageRef): Promise<DeadLetter | undefined> {
    return this.#read(({ db }) => findDeadLetter(db, ref));
  }

  deadLetters(filter: DeadLetterFilter, page: PageRequest): Promise<Page<DeadLetter>> {
    return this.#read(({ db }) => listDeadLetters(db, filter, page));
  }

  lanes(
    filter: LaneFilter,
    page: PageRequest,
  ): Promise<Page<LaneRecord & { readonly shard: Shard; readonly waiting: number }>> {
    return this.#read(({ db }) => listLanes(db, filter, page));
  }

  states(target: string, keyPrefix: string, page: PageRequest): Promise<Page<StateRecord>> {
    return this.#read(({ db }) => listStates(db, target, keyPrefix, page));
  }

  shards(): Promise<readonly ShardStatus[]> {
    return this.#read(({ db, segments, journal }) => shardStatuses(db, segments, journal));
  }

  noteErrors(notes: readonly ErrorNote[]): Promise<readonly ErrorNews[]> {
    return this.#write(({ db }) => noteErrors(db, notes));
  }

  errors(filter: ErrorFilter, page: PageRequest): Promise<Page<ErrorGroup>> {
    return this.#read(({ db }) => listErrors(db, filter, page));
  }

  error(fingerprint: string): Promise<ErrorGroup | undefined> {
    return this.#read(({ db }) => findError(db, fingerprint));
  }

  decideError(fingerprint: string, state: ErrorState): Promise<boolean> {
    return this.#write(({ db }) => decideError(db, fingerprint, state));
  }

  async maintain(policy: RetentionPolicy, nowMs: number): Promise<void> {
    for (let more = true; more; ) more = await this.#write((opened) => maintain(opened, policy, nowMs));
  }

  async #commit(request: CommitRequest): Promise<CommitOutcome> {
    try {
      return await this.#write((opened) => {
        const { db, segments, dedupe, shardCount } = opened;
        for (const { sends } of request.shards) for (const { shard } of sends ?? []) requireShard(shard, shardCount);
        const writer = new StreamWriter(db, segments);
        const intake = new Intake(db, writer, dedupe, request.nowMs);
        return applyCommit({ ...opened, writer, intake }, request);
      });
    } catch (thrown) {
      if (!isForeignKeyFault(thrown)) throw thrown;
      return this.#write(({ userSql }) => blameForeignKey(userSql, request, thrown));
    }
  }

  async #write<T>(work: (opened: Opened) => T): Promise<T> {
    const opened = this.#require();
    return opened.db.write(() => {
      try {
        refresh(opened);
        return work(opened);
      } catch (thrown) {
        opened.segments.invalidate();
        throw thrown;
      }
    });
  }

  async #read<T>(work: (opened: Opened) => T): Promise<T> {
    const opened = this.#require();
    return opened.db.read(() => {
      refresh(opened);
      return work(opened);
    });
  }

  #require(): Opened {
    if (!this.#opened) throw new StoreUnavailableError(`${this.description} is not started`);
    return this.#opened;
  }
}

async function open({ path, shardCount = DEFAULT_SHARD_COUNT }: SqliteStoreOptions, clock: Clock): Promise<Opened> {
  const db = await SqliteDatabase.open(path);
  try {
    const segments = new Segments(db);
    const dedupe = new Dedupe(db);
    const journal = new Journal(db, segments);
    const creation = await db.write(() => {
      const created = upgradeSchema(db, shardCount);
      refresh({ segments, dedupe });
      if (segments.list.length === 0) segments.begin(created.shardCount, clock.wallMs());
      if (dedupe.empty) dedupe.begin(clock.wallMs());
      return created;
    });
    const leases = new Leases(db, journal);
    return { db, segments, dedupe, journal, leases, userSql: new UserSql(db), ...creation };
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

function refresh({ segments, dedupe }: Pick<Opened, "segments" | "dedupe">): void {
  segments.refresh();
  dedupe.refresh();
}

function requireShard(shard: Shard, shardCount: number): void {
  if (!Number.isInteger(shard) || shard < 0 || shard >= shardCount) {
    throw new InvalidInputError("shard", `an integer from 0 to ${shardCount - 1}`, shard);
  }
}
