import { InvalidInputError, toError } from "../../core/index.ts";
import type { CommitOutcome, CommitRequest, CommitStatement, MessageRef, Seq, ShardCommit } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { addDeadLetter, decideDeadLetter } from "./dead-letters.ts";
import { appendHistory } from "./history.ts";
import type { Intake } from "./intake.ts";
import type { Journal } from "./journal.ts";
import { addToBacklog, changeLane, removeFromBacklog } from "./lane-records.ts";
import type { Leases } from "./leases.ts";
import { isStorageFault } from "./sqlite-errors.ts";
import { writeState } from "./states.ts";
import type { StreamWriter } from "./stream-writer.ts";
import { removeTimer, setTimer } from "./timers.ts";
import type { UserSql } from "./user-sql.ts";

/** Thrown to roll the transaction back; carries the outcome to the caller. */
export class CommitRefused extends Error {
  readonly outcome: Exclude<CommitOutcome, { kind: "committed" }>;

  constructor(outcome: CommitRefused["outcome"]) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** What a commit works with; made anew for each write transaction. */
export interface CommitParts {
  readonly db: SqliteDatabase;
  readonly leases: Leases;
  readonly journal: Journal;
  readonly writer: StreamWriter;
  readonly intake: Intake;
  readonly userSql: UserSql;
}

/** Makes the request true, in the caller's write transaction. @throws CommitRefused when nothing of it may be written. */
export function applyCommit(parts: CommitParts, request: CommitRequest): CommitOutcome {
  refuseRepeatedShards(request.shards);
  const fenced = parts.leases.lost(request.author.memberId, request.shards);
  if (fenced.length > 0) throw new CommitRefused({ kind: "fenced", shards: fenced });
  for (const commit of request.shards) for (const statement of commit.sql ?? []) runUserSql(parts.userSql, statement);
  const history: Seq[] = [];
  for (const commit of request.shards) history.push(...applyShard(parts, request, commit));
  const { outcomes, passed } = parts.intake.finish();
  return { kind: "committed", sends: outcomes, passed, grown: parts.writer.grown("in"), history };
}

function applyShard(parts: CommitParts, { author, nowMs }: CommitRequest, commit: ShardCommit): readonly Seq[] {
  const { db, journal, writer, intake } = parts;
  const { shard } = commit;
  for (const state of commit.states ?? []) writeState(db, state, nowMs);
  for (const delivery of commit.deliveries ?? []) writer.append("out", shard, delivery, nowMs);
  for (const send of commit.sends ?? []) intake.take(send);
  applyWaiting(db, commit);
  if (commit.progress) journal.add(shard, commit.epoch, author, nowMs, commit.progress);
  return commit.history ? appendHistory(db, commit.history, nowMs) : [];
}

/** What waits: timers, lanes that are not running normally, dead letters, suspects. */
function applyWaiting(db: SqliteDatabase, commit: ShardCommit): void {
  const { shard } = commit;
  for (const timer of commit.timersDone ?? []) removeTimer(db, timer);
  for (const timer of commit.timers ?? []) setTimer(db, shard, timer);
  for (const lane of commit.lanes ?? []) changeLane(db, shard, lane);
  for (const message of commit.backlog ?? []) addToBacklog(db, shard, message);
  for (const done of commit.backlogDone ?? []) removeFromBacklog(db, shard, done, done.seq);
  for (const letter of commit.deadLetters ?? []) addDeadLetter(db, shard, letter);
  for (const decision of commit.deadLetterDecisions ?? []) decideDeadLetter(db, decision);
  for (const { stream, seq } of commit.suspectsCleared ?? []) {
    db.statement("delete from godwit_suspects where shard = ? and stream = ? and seq = ?").run(shard, stream, seq);
  }
}

function runUserSql(userSql: UserSql, statement: CommitStatement): void {
  try {
    userSql.run(statement);
  } catch (thrown) {
    if (isStorageFault(thrown)) throw thrown;
    throw new CommitRefused({ kind: "statement-failed", cause: statement.cause, error: toError(thrown) });
  }
}

/**
 * Finds the message whose statements broke a deferred foreign key, which SQLite notices only at the end of the transaction and without
 * saying where. Runs the statements again, in a transaction that always ends in a throw. @throws CommitRefused, or `error` when it finds none.
 */
export function blameForeignKey(userSql: UserSql, request: CommitRequest, error: Error): never {
  const broken = userSql.brokenForeignKeys();
  const statements = request.shards.flatMap(({ sql }) => sql ?? []);
  for (const [i, statement] of statements.entries()) {
    runUserSql(userSql, statement);
    const { cause } = statement;
    const isLastOfMessage = !isSameMessage(cause, statements[i + 1]?.cause);
    if (isLastOfMessage && userSql.brokenForeignKeys() > broken) {
      throw new CommitRefused({ kind: "statement-failed", cause, error });
    }
  }
  throw error;
}

function isSameMessage(a: MessageRef, b: MessageRef | undefined): boolean {
  return a.shard === b?.shard && a.stream === b.stream && a.seq === b.seq;
}

function refuseRepeatedShards(shards: readonly ShardCommit[]): void {
  const seen = new Set<number>();
  for (const { shard } of shards) {
    if (seen.has(shard)) throw new InvalidInputError("commit.shards", "each shard at most once", shard);
    seen.add(shard);
  }
}
