/**
 * The store in a PostgreSQL schema, shared by every node that uses the same database.
 *
 * States: new → started → stopped. `start` may be called again after a failure or a `stop`. A method called while it is not started throws
 * `StoreUnavailableError`. What a method has written when it resolves is committed (synchronous_commit is on for our sessions).
 * Nothing is cached in memory but connections: which tables are the newest is read in each transaction, under the locks that a change
 * of it takes too. When the server goes away calls fail with `StoreUnavailableError`, and succeed again when it is back.
 */
import { InvalidInputError, StoreUnavailableError } from "../../core/index.ts";
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
import { unlessOvertaken } from "./append.ts";
import { openParts, type PostgresStoreOptions, requireOptions, type StoreParts } from "./parts.ts";
import { storeError } from "./postgres-errors.ts";
import { describeUrl } from "./session.ts";
import { query, setUp } from "./user-sql.ts";

/** A `Store` (see the port for every promise) in PostgreSQL 13 or later. */
export class PostgresStore implements Store {
  readonly description: string;
  readonly sharedAcrossNodes = true;
  readonly #options: PostgresStoreOptions;
  #opening: Promise<StoreParts> | undefined;
  #opened: StoreParts | undefined;
  readonly #underWay = new Set<Promise<unknown>>();

  /** @throws InvalidInputError when the shard count is out of range. @throws ConfigError when the URL or the schema's name is none. */
  constructor(options: PostgresStoreOptions) {
    requireOptions(options);
    this.#options = options;
    this.description = describeUrl(options.url);
  }

  get shardCount(): number {
    return this.#require().shardCount;
  }

  get storeId(): string {
    return this.#require().storeId;
  }

  async start(): Promise<void> {
    this.#opening ??= openParts(this.#options);
    const opening = this.#opening;
    try {
      const opened = await opening;
      if (this.#opening === opening) this.#opened = opened;
    } catch (thrown) {
      if (this.#opening === opening) this.#opening = undefined;
      throw storeError(this.description, thrown);
    }
  }

  async stop(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#opened = undefined;
    const opened = await opening?.catch(() => undefined);
    await Promise.allSettled(this.#underWay);
    await opened?.session.close();
  }

  append(requests: readonly AppendRequest[], nowMs: number): Promise<AppendResult> {
    return this.#with(({ appender, shardCount }) => {
      for (const { shard } of requests) requireShard(shard, shardCount);
      return appender.append(requests, nowMs);
    });
  }

  read(positions: readonly ReadPosition[], limit: number): Promise<readonly StoredMessage[]> {
    return this.#read(({ reader }) => reader.streams(positions, limit));
  }

  passGaps(
    nowMs: number,
  ): Promise<{ readonly passed: readonly GapPassed[]; readonly released: readonly StoredMessage[] }> {
    return this.#with(({ appender }) => appender.passGaps(nowMs));
  }

  heartbeat(member: Member, ttlMs: number): Promise<Membership> {
    return this.#with(({ leases }) => leases.heartbeat(member, ttlMs));
  }

  acquire(memberId: string, most: number, among?: readonly Shard[]): Promise<readonly AcquiredLease[]> {
    return this.#with(({ leases }) => leases.acquire(memberId, most, among));
  }

  release(memberId: string, held: readonly Lease[]): Promise<void> {
    return this.#with(({ leases }) => leases.release(memberId, held));
  }

  evict(memberId: string, running: readonly MessageRef[]): Promise<void> {
    return this.#with(({ leases }) => leases.evict(memberId, running));
  }

  commit(request: CommitRequest): Promise<CommitOutcome> {
    return this.#with(({ committer, shardCount }) => {
      for (const { sends } of request.shards) for (const { shard } of sends ?? []) requireShard(shard, shardCount);
      return committer.commit(request);
    });
  }

  readStates(ids: readonly Pick<StateRecord, "target" | "key">[]): Promise<readonly (StateRecord | undefined)[]> {
    return this.#read(({ reader }) => reader.states(ids));
  }

  readBacklog(shard: Shard, lane: LaneId, after: Seq, limit: number): Promise<readonly StoredMessage[]> {
    return this.#read(({ reader }) => reader.backlog(shard, lane, after, limit));
  }

  dueTimers(shards: readonly Shard[], nowMs: number, limit: number): Promise<readonly TimerRecord[]> {
    return this.#read(({ reader }) => reader.dueTimers(shards, nowMs, limit));
  }

  nextTimerAt(shards: readonly Shard[]): Promise<number | undefined> {
    return this.#read(({ reader }) => reader.nextTimerAt(shards));
  }

  appendHistory(writes: readonly HistoryWrite[], nowMs: number): Promise<readonly Seq[]> {
    return this.#with(({ history }) => history.append(writes, nowMs));
  }

  readHistory(topic: string, after: Seq, limit: number): Promise<readonly HistoryRecord[]> {
    return this.#read(({ history }) => history.read(topic, after, limit));
  }

  historyBounds(topic: string): Promise<{ readonly first: Seq; readonly last: Seq }> {
    return this.#read(({ history }) => history.bounds(topic));
  }

  pruneHistory(topic: string, keep: { readonly count?: number; readonly sinceMs?: number }): Promise<void> {
    return this.#with(({ history }) => history.prune(topic, keep));
  }

  setUp(statements: readonly string[]): Promise<void> {
    return this.#with(({ session, names }) => setUp(session, names, statements));
  }

  query(statement: SqlStatement): Promise<readonly Record<string, unknown>[]> {
    return this.#with(({ session }) => query(session, statement));
  }

  message(ref: MessageRef): Promise<StoredMessage | undefined> {
    return this.#read(({ inspection }) => inspection.message(ref));
  }

  handledBy(ref: MessageRef): Promise<JournalEntry | undefined> {
    return this.#read(({ inspection }) => inspection.handledBy(ref));
  }

  deadLetter(ref: MessageRef): Promise<DeadLetter | undefined> {
    return this.#read(({ inspection }) => inspection.deadLetter(ref));
  }

  deadLetters(filter: DeadLetterFilter, page: PageRequest): Promise<Page<DeadLetter>> {
    return this.#read(({ inspection }) => inspection.deadLetters(filter, page));
  }

  lanes(
    filter: LaneFilter,
    page: PageRequest,
  ): Promise<Page<LaneRecord & { readonly shard: Shard; readonly waiting: number }>> {
    return this.#read(({ inspection }) => inspection.lanes(filter, page));
  }

  states(target: string, keyPrefix: string, page: PageRequest): Promise<Page<StateRecord>> {
    return this.#read(({ inspection }) => inspection.states(target, keyPrefix, page));
  }

  shards(): Promise<readonly ShardStatus[]> {
    return this.#read(({ inspection }) => inspection.shards());
  }

  noteErrors(notes: readonly ErrorNote[]): Promise<readonly ErrorNews[]> {
    return this.#with(({ errorInbox }) => errorInbox.noteErrors(notes));
  }

  errors(filter: ErrorFilter, page: PageRequest): Promise<Page<ErrorGroup>> {
    return this.#with(({ errorInbox }) => errorInbox.errors(filter, page));
  }

  error(fingerprint: string): Promise<ErrorGroup | undefined> {
    return this.#with(({ errorInbox }) => errorInbox.error(fingerprint));
  }

  decideError(fingerprint: string, state: ErrorState): Promise<boolean> {
    return this.#with(({ errorInbox }) => errorInbox.decideError(fingerprint, state));
  }

  maintain(policy: RetentionPolicy, nowMs: number): Promise<void> {
    return this.#with(({ upkeep }) => upkeep.maintain(policy, nowMs));
  }

  /** A read may look up a table that upkeep drops under it: it looks again. */
  #read<T>(work: (opened: StoreParts) => Promise<T>): Promise<T> {
    return this.#with((opened) => unlessOvertaken(() => work(opened)));
  }

  async #with<T>(work: (opened: StoreParts) => Promise<T>): Promise<T> {
    const opened = this.#require();
    const call = this.#translated(() => work(opened));
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw storeError(this.description, thrown);
    }
  }

  #require(): StoreParts {
    if (!this.#opened) throw new StoreUnavailableError(`${this.description} is not started`);
    return this.#opened;
  }
}

function requireShard(shard: Shard, shardCount: number): void {
  if (!Number.isInteger(shard) || shard < 0 || shard >= shardCount) {
    throw new InvalidInputError("shard", `an integer from 0 to ${shardCount - 1}`, shard);
  }
}
