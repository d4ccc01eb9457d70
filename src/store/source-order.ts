/**
 * Keeps the order of a source that numbers its messages: a pure decision that every store adapter shares.
 *
 * A source has one expected number. What arrives is
 * - the expected number: appended, and after it what was held and now follows without a hole;
 * - a smaller one: appended at once (late: its place has passed; holding it would help nobody);
 * - a larger one: held until the hole before it is filled, or until its own `gapWaitMs` is over, and then the hole is *passed*.
 *
 * Not waited for, because no wait would bring the numbers: the first message of an unknown source; a jump of more than `MAX_JUMP`
 * either way; anything after `RESYNC_IDLE_MS` of silence (Telegram draws its next update id at random after a week without updates,
 * https://core.telegram.org/bots/api#update). These set the expectation anew. Past `MAX_HELD` waiting messages the lowest hole is passed.
 *
 * Invariants: every held number is above the expected one; `held` is sorted by number, then by arrival. What survives a crash is up to
 * the adapter: it stores the state in the transaction that stores the messages.
 */
import { DAY } from "../core/index.ts";
import type { Seq } from "./records.ts";

/** A hole longer than this is a renumbering, not missing messages. */
export const MAX_JUMP = 10_000;
/** After this much silence the source may have begun to count anew. */
export const RESYNC_IDLE_MS: number = 6 * DAY;
/** Messages of one source that wait at once. */
export const MAX_HELD = 1_000;

/** A waiting message: the adapter's id of it, its number, and when its wait is over (wall ms). */
export interface HeldNumber {
  readonly heldId: number;
  readonly externalSeq: Seq;
  readonly dueAtMs: number;
}

export interface SourceState {
  /** The number that is due next. */
  readonly expected: Seq;
  /** When the source was last heard, wall ms. */
  readonly heardAtMs: number;
  readonly held: readonly HeldNumber[];
}

export interface NumberedArrival {
  readonly externalSeq: Seq;
  readonly gapWaitMs: number;
  readonly nowMs: number;
  /** The id under which the adapter would hold it. */
  readonly heldId: number;
}

/** Inclusive range of a source's numbers that will not be waited for (any longer). */
export interface PassedNumbers {
  readonly fromSeq: Seq;
  readonly toSeq: Seq;
}

/** What to do, in this order: append `before` (held ids), then append or hold the arrival, then append `after`. */
export interface ArrivalDecision {
  readonly state: SourceState;
  readonly before: readonly number[];
  readonly arrival: "append" | "hold";
  readonly after: readonly number[];
  readonly passed: readonly PassedNumbers[];
}

/** Decides about one arriving message. `state` is undefined for a source never heard of. */
export function arrive(state: SourceState | undefined, arrival: NumberedArrival): ArrivalDecision {
  if (!state || mustResync(state, arrival)) return resync(state, arrival);
  const { externalSeq, nowMs, gapWaitMs, heldId } = arrival;
  const heard = { ...state, heardAtMs: nowMs };
  if (externalSeq < state.expected) return { state: heard, before: [], arrival: "append", after: [], passed: [] };
  if (externalSeq === state.expected) {
    const next = letGoThrough({ ...heard, expected: externalSeq + 1 }, externalSeq);
    return { state: next.state, before: [], arrival: "append", after: next.released, passed: [] };
  }
  const held = insert(state.held, { heldId, externalSeq, dueAtMs: nowMs + gapWaitMs });
  return boundHeld({ ...heard, held }, heldId);
}

/** What to append (held ids, in order) because its wait is over at `nowMs`, and the holes that are passed thereby. */
export function passDue(
  state: SourceState,
  nowMs: number,
): { readonly state: SourceState; readonly released: readonly number[]; readonly passed: readonly PassedNumbers[] } {
  const last = state.held.findLast((entry) => entry.dueAtMs <= nowMs);
  return last ? letGoThrough(state, last.externalSeq) : { state, released: [], passed: [] };
}

function mustResync(state: SourceState, { externalSeq, nowMs }: NumberedArrival): boolean {
  return nowMs - state.heardAtMs >= RESYNC_IDLE_MS || Math.abs(externalSeq - state.expected) > MAX_JUMP;
}

/** Sets the expectation by the arrival. What was held came before the source began anew, and goes first. */
function resync(state: SourceState | undefined, { externalSeq, nowMs }: NumberedArrival): ArrivalDecision {
  const lastHeld = state?.held.at(-1);
  const flushed = state && lastHeld ? letGoThrough(state, lastHeld.externalSeq) : undefined;
  const expected = flushed?.state.expected ?? state?.expected ?? externalSeq;
  const jump = externalSeq > expected ? [{ fromSeq: expected, toSeq: externalSeq - 1 }] : [];
  return {
    state: { expected: externalSeq + 1, heardAtMs: nowMs, held: [] },
    before: flushed?.released ?? [],
    arrival: "append",
    after: [],
    passed: [...(flushed?.passed ?? []), ...jump],
  };
}

/** Lets go, in order, every held number up to `through`, and what follows it without a hole; notes the holes on the way. */
function letGoThrough(
  state: SourceState,
  through: Seq,
): { readonly state: SourceState; readonly released: readonly number[]; readonly passed: readonly PassedNumbers[] } {
  const passed: PassedNumbers[] = [];
  let expected = state.expected;
  let count = 0;
  for (const entry of state.held) {
    if (entry.externalSeq > Math.max(through, expected)) break;
    if (entry.externalSeq > expected) passed.push({ fromSeq: expected, toSeq: entry.externalSeq - 1 });
    expected = Math.max(expected, entry.externalSeq + 1);
    count++;
  }
  const released = state.held.slice(0, count).map((entry) => entry.heldId);
  return { state: { ...state, expected, held: state.held.slice(count) }, released, passed };
}

/** Holds the arrival; past the bound the lowest hole is passed, which may let the arrival itself go. */
function boundHeld(state: SourceState, arrivalId: number): ArrivalDecision {
  const lowest = state.held[0];
  if (state.held.length <= MAX_HELD || !lowest) {
    return { state, before: [], arrival: "hold", after: [], passed: [] };
  }
  const { state: next, released, passed } = letGoThrough(state, lowest.externalSeq);
  const at = released.indexOf(arrivalId);
  if (at < 0) return { state: next, before: released, arrival: "hold", after: [], passed };
  return { state: next, before: released.slice(0, at), arrival: "append", after: released.slice(at + 1), passed };
}

function insert(held: readonly HeldNumber[], entry: HeldNumber): readonly HeldNumber[] {
  const at = held.findIndex((other) => other.externalSeq > entry.externalSeq);
  return at < 0 ? [...held, entry] : [...held.slice(0, at), entry, ...held.slice(at)];
}
