/**
 * The commit. It is one call of a function in the schema; with users' statements one flight of `fence`, the statements, `commit`.
 * Only sends that their source has numbered need answers in between (`NumberedIntake`).
 *
 * A connection may die after COMMIT was sent and before its answer came: whether the commit was made is then not known. So each has an
 * id, which the journal keeps with the outcome. Sent again with the same id, the function finds it in the newest entry of its first
 * shard, under the fence (nobody commits for a shard but its holder, one commit at a time), and answers what it answered before.
 * Once it is sent again here; after that the caller may, with the `commitId` it chose, whenever the server is back.
 */
import { InvalidInputError, toError } from "../../core/index.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CommitOutcome,
  CommitRequest,
  CommitStatement,
  GapPassed,
  Shard,
} from "../../store/index.ts";
import { unlessOvertaken } from "./append.ts";
import { placeOutcomes, toOutcome, withoutRepeats } from "./append-batch.ts";
import { commitCall, commitParams } from "./commit-columns.ts";
import { NumberedIntake } from "./numbered-intake.ts";
import { isConnectionLoss, isPassing, sqlDetail, sqlState } from "./postgres-errors.ts";
import { COMMITTED_BEFORE, FENCED } from "./schema-commit.ts";
import type { Call, Session, Transaction } from "./session.ts";
import { refuseControl } from "./user-sql.ts";

/** What the function `commit` answers and the journal keeps: numbers as `toOutcome` reads them, null for a held message. */
interface NotedOutcome {
  readonly sends?: readonly (number | null)[];
  readonly history?: readonly number[];
  readonly passed?: readonly GapPassed[];
  /** Shards into which messages were released that had been held before. */
  readonly releasedTo?: readonly Shard[];
}

/** A user's statement was refused. */
class StatementRefused extends Error {
  readonly statement: CommitStatement;

  constructor(statement: CommitStatement, cause: unknown) {
    super(toError(cause).message, { cause });
    this.statement = statement;
  }
}

export class Committer {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async commit(request: CommitRequest): Promise<CommitOutcome> {
    refuseRepeatedShards(request);
    const commitId = request.commitId ?? crypto.randomUUID();
    try {
      return this.#committed(
        request,
        await this.#unlessLost(() => unlessOvertaken(() => this.#attempt(request, commitId))),
      );
    } catch (thrown) {
      if (thrown instanceof StatementRefused) {
        return { kind: "statement-failed", cause: thrown.statement.cause, error: toError(thrown.cause) };
      }
      const state = sqlState(thrown);
      if (state === FENCED) return { kind: "fenced", shards: JSON.parse(sqlDetail(thrown)) as Shard[] };
      if (state === COMMITTED_BEFORE) return this.#committed(request, JSON.parse(sqlDetail(thrown)) as NotedOutcome);
      throw thrown;
    }
  }

  async #unlessLost<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (!isConnectionLoss(thrown)) throw thrown;
      return work();
    }
  }

  async #attempt(request: CommitRequest, commitId: string): Promise<NotedOutcome | null> {
    const sends = request.shards.flatMap((commit) => commit.sends ?? []);
    const statements = request.shards.flatMap((commit) => commit.sql ?? []);
    for (const statement of statements) refuseStatement(statement);
    if (sends.some(({ order }) => order !== undefined)) {
      return this.#session.transaction((transaction) =>
        this.#inTransaction(transaction, request, commitId, sends, statements),
      );
    }
    const { firsts, repeats } = withoutRepeats(sends);
    const taken = repeats.size === 0 ? sends : firsts.map((at) => sends[at] as AppendRequest);
    const call = {
      text: commitCall(this.#schema),
      params: commitParams(this.#session, request, commitId, taken, null),
    };
    if (statements.length > 0) return this.#fly(this.#fence(request, commitId), statements, call);
    const [row] = await this.#session.rows<{ outcome: NotedOutcome | null }>(call.text, call.params);
    return row?.outcome ?? null;
  }

  async #fly(fence: Call, statements: readonly CommitStatement[], call: Call): Promise<NotedOutcome | null> {
    const result = await this.#session.flight([fence, ...statements, call]);
    if (result.kind === "landed") return (result.rows.at(-1)?.[0]?.outcome ?? null) as NotedOutcome | null;
    const { at, thrown } = result;
    const statement = statements[at - 1];
    if (statement && !isPassing(thrown)) throw new StatementRefused(statement, thrown);
    const deferred = at === statements.length + 2 && !isPassing(thrown);
    if (deferred) await this.#findDeferred(fence, statements);
    throw thrown;
  }

  /** COMMIT was refused: a deferred constraint. Tries the statements again, each checked at once, to find the one it lies with. */
  async #findDeferred(fence: Call, statements: readonly CommitStatement[]): Promise<void> {
    for (let count = 1; count <= statements.length; count++) {
      const check = { text: "set constraints all immediate", params: [] };
      const undo = { text: "rollback", params: [] };
      const result = await this.#session.flight([fence, ...statements.slice(0, count), check, undo]);
      if (result.kind === "refused" && !isPassing(result.thrown)) {
        throw new StatementRefused(statements[count - 1] as CommitStatement, result.thrown);
      }
    }
  }

  async #inTransaction(
    transaction: Transaction,
    request: CommitRequest,
    commitId: string,
    sends: readonly AppendRequest[],
    statements: readonly CommitStatement[],
  ): Promise<NotedOutcome | null> {
    const fence = this.#fence(request, commitId);
    await transaction.rows(fence.text, fence.params);
    for (const statement of statements) {
      await transaction.run(statement).catch((thrown) => {
        throw isPassing(thrown) ? thrown : new StatementRefused(statement, thrown);
      });
    }
    const taken = await new NumberedIntake(this.#session, this.#schema, transaction, request.nowMs).take(sends);
    const numbered: NotedOutcome = {
      sends: taken.outcomes.map(toNoted),
      passed: taken.passed,
      releasedTo: taken.released.map(({ shard }) => shard),
    };
    const params = commitParams(this.#session, request, commitId, [], JSON.stringify(numbered));
    const [row] = await transaction.rows<{ outcome: NotedOutcome }>(commitCall(this.#schema), params);
    return row?.outcome ?? null;
  }

  #fence({ author, shards }: CommitRequest, commitId: string): Call {
    return {
      text: `select ${this.#schema}.fence($1, $2, $3::int[], $4::bigint[])`,
      params: [
        commitId,
        author.memberId,
        this.#session.ints(shards.map(({ shard }) => shard)),
        this.#session.bigints(shards.map(({ epoch }) => epoch)),
      ],
    };
  }

  #committed(request: CommitRequest, noted: NotedOutcome | null): CommitOutcome {
    const sends = request.shards.flatMap((commit) => commit.sends ?? []);
    const outcomes = sends.length === 0 ? [] : outcomesOf(sends, noted?.sends ?? []);
    const grown = new Set(noted?.releasedTo);
    for (const [at, outcome] of outcomes.entries())
      if (outcome.kind === "appended") grown.add((sends[at] as AppendRequest).shard);
    return {
      kind: "committed",
      sends: outcomes,
      passed: noted?.passed ?? [],
      grown: [...grown].sort((a, b) => a - b),
      history: noted?.history ?? [],
    };
  }
}

/** The answers are of the first of each repeated pair (plain sends), or of all (numbered ones). */
function outcomesOf(sends: readonly AppendRequest[], answers: readonly (number | null)[]): readonly AppendOutcome[] {
  const outcomes = answers.map((answer): AppendOutcome => (answer === null ? { kind: "held" } : toOutcome(answer)));
  if (answers.length === sends.length) return outcomes;
  const { firsts, repeats } = withoutRepeats(sends);
  return placeOutcomes(firsts, repeats, outcomes);
}

function toNoted(outcome: AppendOutcome): number | null {
  if (outcome.kind === "held") return null;
  return outcome.kind === "appended" ? outcome.seq : -(outcome.seq ?? 0);
}

function refuseStatement(statement: CommitStatement): void {
  try {
    refuseControl(statement.text.join("?"));
  } catch (thrown) {
    throw new StatementRefused(statement, thrown);
  }
}

function refuseRepeatedShards({ shards }: CommitRequest): void {
  const seen = new Set<Shard>();
  for (const { shard } of shards) {
    if (seen.has(shard)) throw new InvalidInputError("commit.shards", "each shard at most once", shard);
    seen.add(shard);
  }
}
