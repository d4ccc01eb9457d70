import { GodwitError } from "../core/index.ts";
import type { AskReply, Broadcast, Effects } from "../lanes/index.ts";
import type { AppendRequest, HistoryWrite, NewMessage, SqlStatement, TimerRecord, TimerRef } from "../store/index.ts";

/** Of one message, over all kinds: a handler that loops must not fill a commit. */
const MAX_EFFECTS = 10_000;

/** What a handler has done so far: written down, not yet true. Lists are made when they are needed. */
export class EffectList {
  #count = 0;
  #sends: AppendRequest[] | undefined;
  #deliveries: NewMessage[] | undefined;
  #history: HistoryWrite[] | undefined;
  #broadcasts: Broadcast[] | undefined;
  #replies: AskReply[] | undefined;
  #sql: SqlStatement[] | undefined;
  #timers: Map<string, TimerRecord | TimerRef> | undefined;

  send(request: AppendRequest): void {
    this.#grow();
    this.#sends ??= [];
    this.#sends.push(request);
  }

  deliver(message: NewMessage): void {
    this.#grow();
    this.#deliveries ??= [];
    this.#deliveries.push(message);
  }

  keep(write: HistoryWrite): void {
    this.#grow();
    this.#history ??= [];
    this.#history.push(write);
  }

  broadcast(broadcast: Broadcast): void {
    this.#grow();
    this.#broadcasts ??= [];
    this.#broadcasts.push(broadcast);
  }

  reply(reply: AskReply): void {
    this.#grow();
    this.#replies ??= [];
    this.#replies.push(reply);
  }

  sql(statement: SqlStatement): void {
    this.#grow();
    this.#sql ??= [];
    this.#sql.push(statement);
  }

  /** Sets a timer (a record) or cancels it (a reference); the last word on a name counts. */
  timer(timer: TimerRecord | TimerRef): void {
    this.#grow();
    this.#timers ??= new Map();
    this.#timers.set(timer.name, timer);
  }

  /** All of it; with the new state when there may be one. */
  effects(state: { readonly value: unknown } | undefined): Effects {
    const timers = this.#timers && [...this.#timers.values()];
    return {
      ...(state && { state }),
      ...(this.#sends && { sends: this.#sends }),
      ...(this.#deliveries && { deliveries: this.#deliveries }),
      ...(this.#history && { history: this.#history }),
      ...(this.#broadcasts && { broadcasts: this.#broadcasts }),
      ...(this.#replies && { replies: this.#replies }),
      ...(this.#sql && { sql: this.#sql }),
      ...(timers && { timers: timers.filter(isRecord), timersDone: timers.filter((timer) => !isRecord(timer)) }),
    };
  }

  #grow(): void {
    this.#count += 1;
    if (this.#count <= MAX_EFFECTS) return;
    throw new GodwitError("too_many_effects", `one message may send, reply, broadcast and so on ${MAX_EFFECTS} times`);
  }
}

function isRecord(timer: TimerRecord | TimerRef): timer is TimerRecord {
  return "dueAtMs" in timer;
}
