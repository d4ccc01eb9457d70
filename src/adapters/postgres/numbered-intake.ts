import {
  type AppendOutcome,
  type AppendRequest,
  type AppendResult,
  arrive,
  type GapPassed,
  type PassedNumbers,
  passDue,
  type SourceState,
  type StoredMessage,
} from "../../store/index.ts";
import { messageColumns, placeOutcomes, toOutcome, withoutRepeats } from "./append-batch.ts";
import { fromJsonTexts } from "./json-texts.ts";
import { type MessageRow, toMessage } from "./rows.ts";
import type { Session, Transaction } from "./session.ts";

/** What is to be appended: a request (by its place), or a message that was held before this transaction (by its id). */
type Planned = { readonly kind: "request"; readonly at: number } | { readonly kind: "held"; readonly heldId: number };

interface HeldMessage extends MessageRow {
  readonly held_id: number;
  readonly dedupe_id: string | null;
}

/**
 * Takes messages of which some are numbered by their source. Lives for one transaction: locks the sources (their rows, in the order of
 * their names), walks the requests through `arrive` (source-order.ts), and writes what that has decided.
 * A request that is held has the id −1 − place until it is stored; stored ids are above 0.
 */
export class NumberedIntake {
  readonly #session: Session;
  readonly #schema: string;
  readonly #transaction: Transaction;
  readonly #nowMs: number;
  readonly #sources = new Map<string, SourceState>();
  readonly #planned: Planned[] = [];
  readonly #passed: GapPassed[] = [];
  /** Places of the requests that wait. */
  readonly #waiting = new Set<number>();

  constructor(session: Session, schema: string, transaction: Transaction, nowMs: number) {
    this.#session = session;
    this.#schema = schema;
    this.#transaction = transaction;
    this.#nowMs = nowMs;
  }

  async take(requests: readonly AppendRequest[]): Promise<AppendResult> {
    await this.#lockSources(requests.flatMap(({ order }) => (order ? [order.source] : [])));
    const known = await this.#known(requests);
    const { firsts, repeats } = withoutRepeats(requests);
    for (const at of firsts) if (!known.has(at)) this.#decide(requests, at);
    const { appended, released } = await this.#write(requests);
    const outcomes = firsts.map((at): AppendOutcome => {
      if (this.#waiting.has(at)) return { kind: "held" };
      return appended.get(at) ?? { kind: "duplicate", seq: known.get(at) ?? null };
    });
    return { outcomes: placeOutcomes(firsts, repeats, outcomes), released, passed: this.#passed };
  }

  /** Lets go what has waited long enough. */
  async passGaps(): Promise<Pick<AppendResult, "released"> & { readonly passed: readonly GapPassed[] }> {
    const due = await this.#transaction.rows<{ source: string }>(
      `select distinct source from ${this.#schema}.held where due_at <= $1::bigint`,
      [this.#nowMs],
    );
    if (due.length === 0) return { released: [], passed: [] };
    await this.#lockSources(due.map(({ source }) => source));
    for (const [source, state] of this.#sources) {
      const decision = passDue(state, this.#nowMs);
      this.#note(source, decision.state, decision.passed);
      for (const heldId of decision.released) this.#release(heldId);
    }
    const { released } = await this.#write([]);
    return { released, passed: this.#passed };
  }

  #decide(requests: readonly AppendRequest[], at: number): void {
    const order = requests[at]?.order;
    if (!order) return void this.#planned.push({ kind: "request", at });
    const decision = arrive(this.#sources.get(order.source), { ...order, nowMs: this.#nowMs, heldId: -1 - at });
    this.#note(order.source, decision.state, decision.passed);
    for (const heldId of decision.before) this.#release(heldId);
    if (decision.arrival === "append") this.#planned.push({ kind: "request", at });
    else this.#waiting.add(at);
    for (const heldId of decision.after) this.#release(heldId);
  }

  #note(source: string, state: SourceState, passed: readonly PassedNumbers[]): void {
    this.#sources.set(source, state);
    for (const range of passed) this.#passed.push({ source, ...range });
  }

  #release(heldId: number): void {
    const at = -1 - heldId;
    if (heldId > 0) this.#planned.push({ kind: "held", heldId });
    else if (this.#waiting.delete(at)) this.#planned.push({ kind: "request", at });
  }

  async #lockSources(names: readonly string[]): Promise<void> {
    const sorted = this.#session.texts([...new Set(names)].sort());
    await this.#transaction.rows(
      `insert into ${this.#schema}.sources (source) select unnest($1::text[]) on conflict do nothing`,
      [sorted],
    );
    const rows = await this.#transaction.rows<{ source: string; expected: number | null; heard_at: number | null }>(
      `select source, expected::float8, heard_at::float8 from ${this.#schema}.sources where source = any ($1::text[])
       order by source for update`,
      [sorted],
    );
    const held = await this.#transaction.rows<{ heldId: number; source: string; externalSeq: number; dueAtMs: number }>(
      `select held_id::float8 as "heldId", source, external_seq::float8 as "externalSeq", due_at::float8 as "dueAtMs"
       from ${this.#schema}.held where source = any ($1::text[]) order by external_seq, held_id`,
      [sorted],
    );
    const bySource = Map.groupBy(held, ({ source }) => source);
    for (const { source, expected, heard_at } of rows) {
      if (expected === null || heard_at === null) continue;
      this.#sources.set(source, { expected, heardAtMs: heard_at, held: bySource.get(source) ?? [] });
    }
  }

  /** The requests that were taken before, by place, each with its sequence (null: held, or not known). */
  async #known(requests: readonly AppendRequest[]): Promise<ReadonlyMap<number, number | null>> {
    const [, , , , , sources, externalIds] = messageColumns(this.#session, requests);
    if (sources === null) return new Map();
    const rows = await this.#transaction.rows<{ ord: number; seq: number | null }>(
      `select ord::int, seq::float8 from ${this.#schema}.dedupe_find(${this.#schema}.dedupe_ids($1::text[], $2::text[]))`,
      [sources, externalIds],
    );
    return new Map(rows.map(({ ord, seq }) => [ord - 1, seq]));
  }

  async #write(requests: readonly AppendRequest[]): Promise<{
    readonly appended: ReadonlyMap<number, AppendOutcome>;
    readonly released: readonly StoredMessage[];
  }> {
    const held = await this.#takeHeld();
    const seqs = await this.#append(requests, held);
    await this.#hold([...this.#waiting].map((at) => requests[at] as AppendRequest));
    await this.#saveSources();
    const appended = new Map<number, AppendOutcome>();
    const released: StoredMessage[] = [];
    for (const [place, plan] of this.#planned.entries()) {
      const seq = seqs[place] as number;
      if (plan.kind === "request") appended.set(plan.at, toOutcome(seq));
      else released.push(toMessage("in", { ...(held.get(plan.heldId) as HeldMessage), seq }));
    }
    return { appended, released };
  }

  async #takeHeld(): Promise<ReadonlyMap<number, HeldMessage>> {
    const ids = this.#planned.flatMap((plan) => (plan.kind === "held" ? [plan.heldId] : []));
    if (ids.length === 0) return new Map();
    const rows = await this.#transaction.rows<HeldMessage>(
      `delete from ${this.#schema}.held where held_id = any ($1::bigint[])
       returning held_id::float8, shard, accepted_at::float8, target, key, body, meta, dedupe_id::text`,
      [this.#session.bigints(ids)],
    );
    return new Map(rows.map((row) => [row.held_id, row]));
  }

  /** Appends what is planned, in that order; the sequences. */
  async #append(
    requests: readonly AppendRequest[],
    held: ReadonlyMap<number, HeldMessage>,
  ): Promise<readonly number[]> {
    if (this.#planned.length === 0) return [];
    const before = this.#planned.map((plan) => (plan.kind === "held" ? held.get(plan.heldId) : undefined));
    const messages = this.#planned.map(
      (plan, place) => before[place] ?? (requests[plan.kind === "request" ? plan.at : -1] as AppendRequest),
    );
    const [row] = await this.#transaction.rows<{ answer: readonly number[] }>(
      `select ${this.#schema}.append_planned($1::int[], $2::text[], $3::text[], ${fromJsonTexts("$4")}, ${fromJsonTexts("$5")}, $6::text[], $7::text[],
        $8::bigint[], $9::text[]::uuid[], $10::bigint) as answer`,
      [
        ...messageColumns(this.#session, messages),
        this.#session.bigints(before.map((message) => message?.accepted_at ?? null)),
        this.#session.texts(before.map((message) => message?.dedupe_id ?? null)),
        this.#nowMs,
      ],
    );
    return row?.answer ?? [];
  }

  async #hold(waiting: readonly AppendRequest[]): Promise<void> {
    if (waiting.length === 0) return;
    await this.#transaction.rows(
      `select ${this.#schema}.hold($1::int[], $2::text[], $3::text[], ${fromJsonTexts("$4")}, ${fromJsonTexts("$5")}, $6::text[], $7::text[],
        $8::text[], $9::bigint[], $10::bigint[], $11::bigint)`,
      [
        ...messageColumns(this.#session, waiting),
        this.#session.texts(waiting.map(({ order }) => order?.source ?? null)),
        this.#session.bigints(waiting.map(({ order }) => order?.externalSeq ?? null)),
        this.#session.bigints(waiting.map(({ order }) => this.#nowMs + (order?.gapWaitMs ?? 0))),
        this.#nowMs,
      ],
    );
  }

  async #saveSources(): Promise<void> {
    const states = [...this.#sources];
    await this.#transaction.rows(
      `update ${this.#schema}.sources o set expected = n.expected, heard_at = n.heard_at
       from unnest($1::text[], $2::bigint[], $3::bigint[]) n(source, expected, heard_at) where o.source = n.source`,
      [
        this.#session.texts(states.map(([source]) => source)),
        this.#session.bigints(states.map(([, { expected }]) => expected)),
        this.#session.bigints(states.map(([, { heardAtMs }]) => heardAtMs)),
      ],
    );
  }
}
