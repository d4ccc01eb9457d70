/**
 * How far a stream has been handled, as a set of sequence numbers: everything up to a cursor, and disjoint ranges beyond it.
 * Lanes finish out of order; the ranges remember that without a row per message.
 */
import type { Progress, Seq, SeqRange } from "../store/index.ts";

export const NOTHING_HANDLED: Progress = { cursor: 0, ahead: [] };

/** Has `seq` been handled? */
export function isHandled(progress: Progress, seq: Seq): boolean {
  if (seq <= progress.cursor) return true;
  let low = 0;
  let high = progress.ahead.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = progress.ahead[middle] as SeqRange;
    if (seq < from) high = middle - 1;
    else if (seq > to) low = middle + 1;
    else return true;
  }
  return false;
}

/** The progress once `handled` (in any order, repeats allowed) has been handled too. */
export function advance(progress: Progress, handled: readonly Seq[]): Progress {
  if (handled.length === 0) return progress;
  const merged = merge(progress.ahead, toRanges(handled));
  let cursor = progress.cursor;
  let passed = 0;
  for (const [from, to] of merged) {
    if (from > cursor + 1) break;
    cursor = Math.max(cursor, to);
    passed += 1;
  }
  return { cursor, ahead: passed === 0 ? merged : merged.slice(passed) };
}

function toRanges(seqs: readonly Seq[]): SeqRange[] {
  const sorted = isAscending(seqs) ? seqs : [...seqs].sort((a, b) => a - b);
  const ranges: SeqRange[] = [];
  let from = sorted[0] as Seq;
  let to = from;
  for (const seq of sorted) {
    if (seq > to + 1) {
      ranges.push([from, to]);
      from = seq;
    }
    to = seq;
  }
  ranges.push([from, to]);
  return ranges;
}

function isAscending(seqs: readonly Seq[]): boolean {
  for (let i = 1; i < seqs.length; i++) if ((seqs[i] as Seq) < (seqs[i - 1] as Seq)) return false;
  return true;
}

/** The union of two sorted lists of ranges; touching ones become one. */
function merge(left: readonly SeqRange[], right: readonly SeqRange[]): SeqRange[] {
  const union: SeqRange[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const takeLeft = r >= right.length || (l < left.length && (left[l] as SeqRange)[0] <= (right[r] as SeqRange)[0]);
    const next = (takeLeft ? left[l++] : right[r++]) as SeqRange;
    const last = union.at(-1);
    if (last && next[0] <= last[1] + 1) union[union.length - 1] = [last[0], Math.max(last[1], next[1])];
    else union.push(next);
  }
  return union;
}
