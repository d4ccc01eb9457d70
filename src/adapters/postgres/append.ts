import type { AppendRequest, AppendResult, GapPassed } from "../../store/index.ts";
import { messageColumns, placeOutcomes, toOutcome, withoutRepeats } from "./append-batch.ts";
import { fromJsonTexts } from "./json-texts.ts";
import { NumberedIntake } from "./numbered-intake.ts";
import { wasOvertaken } from "./postgres-errors.ts";
import type { Session } from "./session.ts";

/** Two transactions may take the same pair for different shards at the same time; the one that loses looks again, at most so often. */
const MAX_OVERTAKEN = 5;

/** Takes messages into `in` streams: once each, and in the order of their source. */
export class Appender {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async append(requests: readonly AppendRequest[], nowMs: number): Promise<AppendResult> {
    if (requests.length === 0) return { outcomes: [], released: [], passed: [] };
    return unlessOvertaken(() => this.#appendOnce(requests, nowMs));
  }

  passGaps(nowMs: number): Promise<Pick<AppendResult, "released"> & { readonly passed: readonly GapPassed[] }> {
    return this.#session.transaction((transaction) =>
      new NumberedIntake(this.#session, this.#schema, transaction, nowMs).passGaps(),
    );
  }

  async #appendOnce(requests: readonly AppendRequest[], nowMs: number): Promise<AppendResult> {
    if (requests.some(({ order }) => order !== undefined)) {
      return this.#session.transaction((transaction) =>
        new NumberedIntake(this.#session, this.#schema, transaction, nowMs).take(requests),
      );
    }
    const { firsts, repeats } = withoutRepeats(requests);
    const taken = repeats.size === 0 ? requests : firsts.map((at) => requests[at] as AppendRequest);
    const [row] = await this.#session.rows<{ answer: readonly number[] }>(
      `select ${this.#schema}.append($1::int[], null, $2::text[], $3::text[], ${fromJsonTexts("$4")}, ${fromJsonTexts("$5")},
        ${this.#schema}.dedupe_ids($6::text[], $7::text[]), $8::bigint) as answer`,
      [...messageColumns(this.#session, taken), nowMs],
    );
    return { outcomes: placeOutcomes(firsts, repeats, (row?.answer ?? []).map(toOutcome)), released: [], passed: [] };
  }
}

/** Does `work` again when another transaction was faster between its looking and its doing. */
export async function unlessOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let overtaken = 1; ; overtaken++) {
    try {
      return await work();
    } catch (thrown) {
      if (overtaken > MAX_OVERTAKEN || !wasOvertaken(thrown)) throw thrown;
    }
  }
}
