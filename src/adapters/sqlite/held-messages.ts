import {
  type AppendRequest,
  type ArrivalDecision,
  arrive,
  type GapPassed,
  type HeldNumber,
  type PassedNumbers,
  passDue,
  type SourceState,
} from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import type { MessageRow } from "./rows.ts";

/** Is any held message's wait over? A look that takes no lock. */
export function isGapDue(db: SqliteDatabase, nowMs: number): boolean {
  return db.statement("select 1 from godwit_held where due_at <= ? limit 1").get(nowMs) !== null;
}

/** A held message that is let go. */
export interface HeldRow extends Omit<MessageRow, "seq"> {
  readonly held_id: number;
  readonly dedupe_source: string | null;
  readonly external_id: string | null;
}

/** Numbered sources and the messages that wait for their gaps; lives for one write transaction. `flush` before its end. */
export class HeldMessages {
  readonly #db: SqliteDatabase;
  readonly #nowMs: number;
  readonly #states = new Map<string, SourceState>();
  readonly #changed = new Set<string>();
  readonly #passed: GapPassed[] = [];
  #nextId: number | undefined;

  constructor(db: SqliteDatabase, nowMs: number) {
    this.#db = db;
    this.#nowMs = nowMs;
  }

  get passed(): readonly GapPassed[] {
    return this.#passed;
  }

  /** Decides about a numbered message, and keeps it if it must wait. */
  arrive(
    request: AppendRequest,
    order: NonNullable<AppendRequest["order"]>,
  ): ArrivalDecision & { readonly heldId: number } {
    const heldId = this.#allotId();
    const decision = arrive(this.#state(order.source), { ...order, nowMs: this.#nowMs, heldId });
    this.#set(order.source, decision.state, decision.passed);
    if (decision.arrival === "hold") this.#hold(heldId, request, order);
    return { ...decision, heldId };
  }

  /** The messages, in order, whose wait is over. */
  passDue(): readonly number[] {
    const due = this.#db
      .statement<{ source: string }>("select distinct source from godwit_held where due_at <= ?")
      .all(this.#nowMs);
    return due.flatMap(({ source }) => {
      const state = this.#state(source);
      if (!state) return [];
      const decision = passDue(state, this.#nowMs);
      this.#set(source, decision.state, decision.passed);
      return decision.released;
    });
  }

  /** Takes a held message out. */
  take(heldId: number): HeldRow {
    const row = this.#db.statement<HeldRow>("delete from godwit_held where held_id = ? returning *").get(heldId);
    if (!row) throw new Error(`held message ${heldId} is gone`);
    return row;
  }

  flush(): void {
    for (const source of this.#changed) {
      const state = this.#states.get(source);
      if (state) this.#save(source, state);
    }
    this.#changed.clear();
  }

  #set(source: string, state: SourceState, passed: readonly PassedNumbers[]): void {
    this.#states.set(source, state);
    this.#changed.add(source);
    for (const range of passed) this.#passed.push({ source, ...range });
  }

  #state(source: string): SourceState | undefined {
    const known = this.#states.get(source);
    if (known) return known;
    const row = this.#db
      .statement<{ expected: number; heard_at: number }>(
        "select expected, heard_at from godwit_sources where source = ?",
      )
      .get(source);
    return row ? { expected: row.expected, heardAtMs: row.heard_at, held: this.#held(source) } : undefined;
  }

  #held(source: string): readonly HeldNumber[] {
    return this.#db
      .statement<HeldNumber>(
        `select held_id as heldId, external_seq as externalSeq, due_at as dueAtMs from godwit_held
         where source = ? order by external_seq, held_id`,
      )
      .all(source);
  }

  #hold(heldId: number, request: AppendRequest, order: NonNullable<AppendRequest["order"]>): void {
    const { shard, target, key, body, meta, dedupe } = request;
    this.#db
      .statement("insert into godwit_held values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        ...[heldId, order.source, order.externalSeq, this.#nowMs + order.gapWaitMs],
        ...[shard, target, key, body, meta, this.#nowMs, dedupe?.source ?? null, dedupe?.externalId ?? null],
      );
  }

  #save(source: string, state: SourceState): void {
    this.#db
      .statement(
        `insert into godwit_sources values (?, ?, ?)
         on conflict (source) do update set expected = excluded.expected, heard_at = excluded.heard_at`,
      )
      .run(source, state.expected, state.heardAtMs);
  }

  #allotId(): number {
    this.#nextId ??=
      (this.#db.statement<{ top: number | null }>("select max(held_id) as top from godwit_held").get()?.top ?? 0) + 1;
    return this.#nextId++;
  }
}
