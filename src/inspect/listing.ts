/** Answers of bounded size that say what they leave out, and how to get it. */
import { InvalidInputError } from "../core/index.ts";
import type { Page, PageRequest } from "../store/index.ts";
import type { Params } from "./params.ts";

/** Some rows of a list. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  /** Ask the same again with this `after` to go on; null: that was all. */
  readonly next: string | null;
}

/** A text that may have been cut. */
export interface Clipped {
  readonly text: string;
  /** Characters of the whole. */
  readonly length: number;
  readonly truncated: boolean;
}

const PREVIEW_CHARACTERS = 160;
const WHOLE_CHARACTERS = 64 * 1024;

/** The page that the parameters `limit` and `after` ask for. @throws InvalidInputError when `after` is no position of ours. */
export function pageOf(params: Params): PageRequest {
  const after = params.optional("after");
  return after === undefined ? { limit: params.limit } : { limit: params.limit, after: readPosition(after) };
}

/** A store's page as a listing. Positions are written so that they need no quotes in a shell or a URL. */
export function toListing<Record, Row>(page: Page<Record>, toRow: (record: Record) => Row): Listing<Row> {
  return { rows: page.rows.map(toRow), next: page.next === undefined ? null : writePosition(page.next) };
}

/** A page out of a list that is at hand, sorted by `name`: `after` is the name that the page before ended with. */
export function pageOfNamed<Row>(sorted: readonly Row[], name: (row: Row) => string, params: Params): Listing<Row> {
  const { limit, after } = pageOf(params);
  const rest = after === undefined ? sorted : sorted.filter((row) => name(row) > after);
  const rows = rest.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: rest.length > limit && last !== undefined ? writePosition(name(last)) : null };
}

/** The beginning of a text, for a row of a list. */
export function preview(text: string): string {
  return text.length <= PREVIEW_CHARACTERS ? text : `${text.slice(0, PREVIEW_CHARACTERS - 1)}…`;
}

/** A text for an answer about one thing: at most 64 Ki characters of it. */
export function clip(text: string): Clipped {
  return { text: text.slice(0, WHOLE_CHARACTERS), length: text.length, truncated: text.length > WHOLE_CHARACTERS };
}

function writePosition(position: string): string {
  const bytes = new TextEncoder().encode(position);
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function readPosition(text: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(text, { alphabet: "base64url" }));
  } catch {
    throw new InvalidInputError("after", "the `next` of an earlier answer", text);
  }
}
