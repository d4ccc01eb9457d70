import type { AppendOutcome, AppendRequest, GapPassed, StoredMessage } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Dedupe } from "./dedupe.ts";
import { HeldMessages } from "./held-messages.ts";
import { stored } from "./rows.ts";
import type { StreamWriter } from "./stream-writer.ts";

/**
 * Takes messages into `in` streams: once each, and in their source's order. Lives for one write transaction; `finish` ends it.
 */
export class Intake {
  readonly #writer: StreamWriter;
  readonly #dedupe: Dedupe;
  readonly #held: HeldMessages;
  readonly #nowMs: number;
  readonly #outcomes: AppendOutcome[] = [];
  /** Messages that this transaction itself holds: place in `#outcomes` by held id. */
  readonly #heldHere = new Map<number, number>();
  readonly #released: StoredMessage[] = [];

  constructor(db: SqliteDatabase, writer: StreamWriter, dedupe: Dedupe, nowMs: number) {
    this.#writer = writer;
    this.#dedupe = dedupe;
    this.#held = new HeldMessages(db, nowMs);
    this.#nowMs = nowMs;
  }

  take(request: AppendRequest): void {
    const { dedupe, order } = request;
    const known = dedupe && this.#dedupe.find(dedupe);
    if (known) this.#outcomes.push({ kind: "duplicate", seq: known.seq });
    else if (order) this.#takeInOrder(request, order);
    else this.#append(request);
  }

  /** Lets go what has waited long enough. */
  passDue(): void {
    for (const heldId of this.#held.passDue()) this.#release(heldId);
  }

  finish(): {
    readonly outcomes: readonly AppendOutcome[];
    readonly released: readonly StoredMessage[];
    readonly passed: readonly GapPassed[];
  } {
    this.#held.flush();
    return { outcomes: this.#outcomes, released: this.#released, passed: this.#held.passed };
  }

  #append(request: AppendRequest): void {
    const seq = this.#writer.append("in", request.shard, request, this.#nowMs);
    if (request.dedupe) this.#dedupe.add(request.dedupe, seq);
    this.#outcomes.push({ kind: "appended", seq });
  }

  #takeInOrder(request: AppendRequest, order: NonNullable<AppendRequest["order"]>): void {
    const { heldId, before, arrival, after } = this.#held.arrive(request, order);
    for (const id of before) this.#release(id);
    if (arrival === "append") this.#append(request);
    else this.#hold(request, heldId);
    for (const id of after) this.#release(id);
  }

  #hold(request: AppendRequest, heldId: number): void {
    if (request.dedupe) this.#dedupe.add(request.dedupe, null);
    this.#heldHere.set(heldId, this.#outcomes.length);
    this.#outcomes.push({ kind: "held" });
  }

  #release(heldId: number): void {
    const row = this.#held.take(heldId);
    const seq = this.#writer.append("in", row.shard, row, row.accepted_at);
    if (row.dedupe_source !== null && row.external_id !== null) {
      this.#dedupe.settle({ source: row.dedupe_source, externalId: row.external_id }, seq);
    }
    const here = this.#heldHere.get(heldId);
    if (here === undefined) this.#released.push(stored(row, "in", seq, row.accepted_at));
    else this.#outcomes[here] = { kind: "appended", seq };
  }
}
