import { InvalidInputError } from "../core/index.ts";

/** A page: at most `limit` rows after `after` (an opaque position from the page before; another text is refused with `InvalidInputError`). */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page starts; absent on the last. */
  readonly next?: string;
}

/** Where a page ended: the primary key of its last row, so that rows that come and go move none of the others. */
export type PagePosition = readonly (string | number)[];

/**
 * Where to go on reading; `start` comes before every row, with a value for each part of the key.
 * @throws InvalidInputError when `after` is not what a page of this list gave as its `next`.
 */
export function positionOf({ after }: PageRequest, start: PagePosition): PagePosition {
  if (after === undefined) return start;
  const position = parse(after);
  const isOurs =
    Array.isArray(position) &&
    position.length === start.length &&
    start.every((part, i) => typeof part === typeof position[i]);
  if (!isOurs) throw new InvalidInputError("after", "the `next` of the page before", after);
  return position;
}

/** `rows` holds one row more than the page when there is a next one. */
export function toPage<Row, Record>(
  rows: readonly Row[],
  { limit }: PageRequest,
  toRecord: (row: Row) => Record,
  key: (row: Row) => PagePosition,
): Page<Record> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { rows: shown.map(toRecord), ...(more && { next: JSON.stringify(key(last)) }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
