/**
 * What a store must promise. Adapters (sqlite, postgres) implement it and pass the contract suite in `testing/`.
 *
 * Promises
 * - **Durable**: when a method that writes resolves, what it wrote survives `kill -9` and a power cut.
 * - **Atomic**: `append` and `commit` are each one transaction: all of it, or (on any throw, or `fenced`) nothing.
 * - **No late rows**: a reader that has seen `seq` n of a stream has been able to see every smaller one.
 * - **Fenced**: `commit` checks each shard's epoch in the same transaction, excluding a takeover until it has ended.
 * - **No updates per message**: messages are inserted once and dropped by the segment; a handled message is not touched again.
 *
 * Left out: when to call what. Group commit, scheduling, retries and retention policy belong to `log/`, `lanes/` and `node/`.
 * Time: lease expiry goes by the store's own clock; all other times are given by the caller (wall ms).
 * Failures: a passing fault (server away, file locked too long) throws `StoreUnavailableError`; wrong use throws a plain `GodwitError`.
 */
import type { ErrorInboxStore } from "./error-inbox.ts";
import type { Page, PageRequest } from "./paging.ts";
import type {
  CommitAuthor,
  DeadLetter,
  DeadLetterStatus,
  Epoch,
  HistoryRecord,
  LaneId,
  LaneRecord,
  LaneStatus,
  NewMessage,
  Progress,
  Seq,
  Shard,
  SqlStatement,
  StateRecord,
  StoredMessage,
  StreamName,
  TimerRecord,
} from "./records.ts";

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AppendRequest extends NewMessage {
  /** Take it once: a second append of the same pair within the dedupe window is a `duplicate`. */
  readonly dedupe?: { readonly source: string; readonly externalId: string };
  /** Keep the source's own order: wait for missing numbers, at most `gapWaitMs`. */
  readonly order?: { readonly source: string; readonly externalSeq: number; readonly gapWaitMs: number };
}

/**
 * - `appended`: it is in its stream at `seq`.
 * - `held`: durable, waiting for earlier numbers of its source; it will be appended when they come or the wait is over.
 * - `duplicate`: taken before; `seq` is where (null while held, or when unknown by now).
 */
export type AppendOutcome =
  | { readonly kind: "appended"; readonly seq: Seq }
  | { readonly kind: "held" }
  | { readonly kind: "duplicate"; readonly seq: Seq | null };

export interface AppendResult {
  /** One outcome a request, in the order of the requests. */
  readonly outcomes: readonly AppendOutcome[];
  /** Messages held before that this append has let go, now in their streams. */
  readonly released: readonly StoredMessage[];
  /** Gaps that were not waited for: the source had jumped, been silent for days, or held too much (see `source-order.ts`). */
  readonly passed: readonly GapPassed[];
}

/** A hole in a source's numbering that was waited for in vain. */
export interface GapPassed {
  readonly source: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

export interface ReadPosition {
  readonly shard: Shard;
  readonly stream: StreamName;
  /** Read what comes after this. */
  readonly after: Seq;
}

// ── Leases ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A process that may hold leases: one worker. */
export interface Member {
  readonly memberId: string;
  readonly node: string;
}

export interface Lease {
  readonly shard: Shard;
  readonly epoch: Epoch;
}

/** A lease with all that its new holder must know to go on. */
export interface AcquiredLease extends Lease {
  readonly progress: Readonly<Record<StreamName, Progress>>;
  /** Every lane of the shard that is not running normally. */
  readonly lanes: readonly LaneRecord[];
  /** Messages that were running when a holder died, with how often: to be tried one at a time. */
  readonly suspects: readonly Suspect[];
}

export interface MessageRef {
  readonly shard: Shard;
  readonly stream: StreamName;
  readonly seq: Seq;
}

export interface Suspect extends MessageRef {
  /** Deaths of a process while this message was running. */
  readonly crashes: number;
}

export interface Membership {
  /** Members whose lease has not expired, the caller included. */
  readonly liveMembers: number;
  /** The leases that the caller still holds, by the store. */
  readonly held: readonly Lease[];
}

// ── Commit ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface StateWrite extends Pick<StateRecord, "target" | "key" | "version"> {
  /** JSON text; null deletes the state. */
  readonly body: string | null;
}

/** A user's statement, with the message whose handler issued it, so that a failure can be laid at its door. */
export interface CommitStatement extends SqlStatement {
  readonly cause: MessageRef;
}

export interface HistoryWrite {
  readonly topic: string;
  readonly event: string;
  /** JSON text. */
  readonly payload: string;
}

export interface LaneChange extends LaneId {
  /** The lane's new record, or null: normal again. */
  readonly record: Omit<LaneRecord, keyof LaneId> | null;
}

export interface TimerRef {
  readonly target: string;
  readonly key: string;
  readonly name: string;
}

export interface DeadLetterDecision extends MessageRef {
  readonly status: Exclude<DeadLetterStatus, "dead">;
  readonly reason: string | null;
}

/** All that a shard's lease holder wants to become true at once. Empty parts may be left out. */
export interface ShardCommit extends Lease {
  readonly progress?: Partial<Readonly<Record<StreamName, Progress>>>;
  readonly states?: readonly StateWrite[];
  /** Appended to this shard's `out` stream, in this order. */
  readonly deliveries?: readonly NewMessage[];
  /** Appended to `in` streams, of any shard; dedupe and order as in `append`. */
  readonly sends?: readonly AppendRequest[];
  readonly history?: readonly HistoryWrite[];
  /** Set, or replaced where (target, key, name) is there already. */
  readonly timers?: readonly TimerRecord[];
  /** Cancelled, or fired (then the message is in `sends`). One that is not there is passed over. */
  readonly timersDone?: readonly TimerRef[];
  readonly sql?: readonly CommitStatement[];
  readonly lanes?: readonly LaneChange[];
  /** Messages that join their lane's backlog. Present already: passed over. */
  readonly backlog?: readonly StoredMessage[];
  /** Messages that leave their lane's backlog. */
  readonly backlogDone?: readonly (LaneId & { readonly seq: Seq })[];
  /** New dead letters (`status: "dead"`); one that died again after a redrive replaces its record. */
  readonly deadLetters?: readonly DeadLetter[];
  readonly deadLetterDecisions?: readonly DeadLetterDecision[];
  readonly suspectsCleared?: readonly MessageRef[];
}

export interface CommitRequest {
  /**
   * Names this commit. When the store's answer was lost (`StoreUnavailableError`), the same request with the same id, sent before this
   * member commits anything else, is made at most once: it is answered as the first time, or, when all of its shards have been taken over
   * since, as `fenced`. A store whose answers cannot be lost (it lives in this process, and a throw says that nothing was written) has no
   * use for it.
   */
  readonly commitId?: string;
  readonly author: CommitAuthor;
  readonly nowMs: number;
  /** At most one a shard. */
  readonly shards: readonly ShardCommit[];
}

/**
 * - `fenced`: another owner has taken over `shards`; nothing of the request was written, of the other shards neither.
 * - `statement-failed`: a user's statement was refused by the database; nothing was written. The caller leaves that message out and tries again.
 */
export type CommitOutcome =
  | {
      readonly kind: "committed";
      /** One a `sends` entry, in order over all shards. */
      readonly sends: readonly AppendOutcome[];
      /** As in `AppendResult`. */
      readonly passed: readonly GapPassed[];
      /** The shards whose `in` stream has grown. */
      readonly grown: readonly Shard[];
      /** One a `history` entry, in order over all shards: its sequence in its topic. */
      readonly history: readonly Seq[];
    }
  | { readonly kind: "fenced"; readonly shards: readonly Shard[] }
  | { readonly kind: "statement-failed"; readonly cause: MessageRef; readonly error: Error };

// ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DeadLetterFilter {
  readonly target?: string;
  readonly key?: string;
  readonly status?: DeadLetterStatus;
}

export interface LaneFilter {
  readonly target?: string;
  readonly key?: string;
  readonly status?: LaneStatus;
}

export interface ShardStatus {
  readonly shard: Shard;
  readonly epoch: Epoch;
  /** Null when nobody holds it. */
  readonly owner: string | null;
  /** Highest sequence of each stream. */
  readonly head: Readonly<Record<StreamName, Seq>>;
  readonly cursor: Readonly<Record<StreamName, Seq>>;
}

/** One entry of the journal: a commit that carried a stream's progress on. */
export interface JournalEntry extends CommitAuthor {
  readonly atMs: number;
  readonly epoch: Epoch;
  readonly progress: Readonly<Record<StreamName, Progress>>;
}

export interface RetentionPolicy {
  /** Handled messages (and the journal) are kept at least this long, then dropped by the segment. */
  readonly keepMs: number;
  /** A (source, external id) pair is remembered at least this long. */
  readonly dedupeWindowMs: number;
  /** A new log segment is begun after this long. */
  readonly segmentMs: number;
}

// ── The port ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Store extends ErrorInboxStore {
  /** For people: `sqlite:/path/godwit.db`, `postgres://host/db` (no password). */
  readonly description: string;
  /** May several nodes use it at once? False: a second node is refused at `start`. */
  readonly sharedAcrossNodes: boolean;
  /** Fixed when the store was created. Known after `start`. */
  readonly shardCount: number;
  /** Random, given when the store was created (`newStoreId`): tells its message ids from those of another store. Known after `start`. */
  readonly storeId: string;

  /** Connects, creates or upgrades the schema. Safe to call twice. */
  start(): Promise<void>;
  /** Waits for what is under way, then closes. Safe twice, and before `start`. */
  stop(): Promise<void>;

  append(requests: readonly AppendRequest[], nowMs: number): Promise<AppendResult>;
  /** Messages after each position, in the order of `seq` within it, at most `limit` a position. */
  read(positions: readonly ReadPosition[], limit: number): Promise<readonly StoredMessage[]>;
  /** Passes the gaps whose wait is over, releasing what they held. */
  passGaps(
    nowMs: number,
  ): Promise<{ readonly passed: readonly GapPassed[]; readonly released: readonly StoredMessage[] }>;

  /** Says that the member lives for another `ttlMs`, renewing all its leases. A new member is added. */
  heartbeat(member: Member, ttlMs: number): Promise<Membership>;
  /** Takes up to `most` shards (`among` these, where given) that nobody holds, or whose holder has expired, each with a new epoch. */
  acquire(memberId: string, most: number, among?: readonly Shard[]): Promise<readonly AcquiredLease[]>;
  /** Gives leases back. One that is no longer held under that epoch is passed over. */
  release(memberId: string, leases: readonly Lease[]): Promise<void>;
  /** Removes a member that is *known* to be dead: frees its leases at once, and notes what it was running, in one transaction. */
  evict(memberId: string, running: readonly MessageRef[]): Promise<void>;

  commit(request: CommitRequest): Promise<CommitOutcome>;

  /** One an id, in order; undefined where there is none. */
  readStates(ids: readonly Pick<StateRecord, "target" | "key">[]): Promise<readonly (StateRecord | undefined)[]>;
  /** The first `limit` messages of a lane's backlog after `after`. */
  readBacklog(shard: Shard, lane: LaneId, after: Seq, limit: number): Promise<readonly StoredMessage[]>;
  /** Timers of these shards due at or before `nowMs`, earliest first. */
  dueTimers(shards: readonly Shard[], nowMs: number, limit: number): Promise<readonly TimerRecord[]>;
  /** When the earliest timer of these shards is due; undefined when there is none. */
  nextTimerAt(shards: readonly Shard[]): Promise<number | undefined>;

  /** Appends broadcasts outside of a shard's commit. Sequences in the order of `writes`. */
  appendHistory(writes: readonly HistoryWrite[], nowMs: number): Promise<readonly Seq[]>;
  /** Entries after `after`, in order, at most `limit`. */
  readHistory(topic: string, after: Seq, limit: number): Promise<readonly HistoryRecord[]>;
  /** The oldest sequence still held and the newest ever given; both 0 for a topic that never had any. `first` > `last` when all was pruned. */
  historyBounds(topic: string): Promise<{ readonly first: Seq; readonly last: Seq }>;
  pruneHistory(topic: string, keep: { readonly count?: number; readonly sinceMs?: number }): Promise<void>;

  /** Runs the user's own set-up statements, each at most once ever (by its text), in order. */
  setUp(statements: readonly string[]): Promise<void>;
  /** Reads what is committed. */
  query(statement: SqlStatement): Promise<readonly Record<string, unknown>[]>;

  message(ref: MessageRef): Promise<StoredMessage | undefined>;
  /** The commit that first covered the message; undefined while it waits, or once the journal has forgotten. */
  handledBy(ref: MessageRef): Promise<JournalEntry | undefined>;
  deadLetter(ref: MessageRef): Promise<DeadLetter | undefined>;
  deadLetters(filter: DeadLetterFilter, page: PageRequest): Promise<Page<DeadLetter>>;
  lanes(
    filter: LaneFilter,
    page: PageRequest,
  ): Promise<Page<LaneRecord & { readonly shard: Shard; readonly waiting: number }>>;
  states(target: string, keyPrefix: string, page: PageRequest): Promise<Page<StateRecord>>;
  shards(): Promise<readonly ShardStatus[]>;

  /** Begins and drops segments, forgets old dedupe entries, by the policy. Cheap when there is nothing to do. */
  maintain(policy: RetentionPolicy, nowMs: number): Promise<void>;
}
