/** Dead letters: seen, redriven, discarded. */
import { GodwitError } from "../core/index.ts";
import { discardRequest, redriveRequest } from "../lanes/index.ts";
import {
  type AppendRequest,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterStatus,
  type ErrorRecord,
  messageId,
  type PageRequest,
  parseMessageId,
} from "../store/index.ts";
import { type Clipped, clip, type Listing, pageOf, preview, toListing } from "./listing.ts";
import type { Params } from "./params.ts";
import type { InspectSources } from "./sources.ts";

export interface DeadLetterRow {
  readonly id: string;
  readonly target: string;
  readonly key: string;
  readonly status: DeadLetterStatus;
  readonly attempts: number;
  readonly acceptedAtMs: number;
  readonly diedAtMs: number;
  readonly error: { readonly name: string; readonly message: string; readonly code: string | null };
  readonly reason: string | null;
}

export interface DeadLetterDetails extends DeadLetterRow {
  readonly body: Clipped;
  readonly meta: Clipped | null;
  readonly stack: string | null;
}

/** What was decided. The lease holder of each shard carries it out, in order with everything else. */
export interface Decided {
  readonly asked: readonly string[];
  /** More letters fit the filter: ask the same again. */
  readonly more: boolean;
}

const STATUSES: readonly DeadLetterStatus[] = ["dead", "redriven", "discarded"];
const DEFAULT_REASON = "decided by an operator";

export async function listDeadLetters({ store }: InspectSources, params: Params): Promise<Listing<DeadLetterRow>> {
  const filter = { ...laneFilter(params), status: params.choice("status", STATUSES) ?? "dead" };
  return toListing(await store.deadLetters(filter, pageOf(params)), toRow);
}

/** @throws GodwitError `not_found`. */
export async function showDeadLetter({ store }: InspectSources, params: Params): Promise<DeadLetterDetails> {
  const id = params.text("id");
  const letter = await store.deadLetter(parseMessageId(id));
  if (!letter) throw new GodwitError("not_found", `${id} is no dead letter; godwit trace ${id} tells its way`);
  const { stack } = readError(letter.error);
  return {
    ...toRow(letter),
    body: clip(letter.body),
    meta: letter.meta === null ? null : clip(letter.meta),
    stack: stack ?? null,
  };
}

export function redriveDeadLetters(sources: InspectSources, params: Params): Promise<Decided> {
  const reason = params.optional("reason") ?? null;
  return decide(sources, params, (letter) => redriveRequest(letter, reason));
}

export function discardDeadLetters(sources: InspectSources, params: Params): Promise<Decided> {
  const reason = params.optional("reason") ?? DEFAULT_REASON;
  return decide(sources, params, (letter) => discardRequest(letter, reason));
}

/** By `id`, or all that fit `target` and `key`, at most `limit` at a time. */
async function decide(
  sources: InspectSources,
  params: Params,
  toRequest: (letter: DeadLetter) => AppendRequest,
): Promise<Decided> {
  const { letters, more } = await chosen(sources, params);
  if (letters.length > 0) await sources.append(letters.map(toRequest));
  return { asked: letters.map(messageId), more };
}

async function chosen({ store }: InspectSources, params: Params) {
  const id = params.optional("id");
  if (id === undefined) {
    const page: PageRequest = { limit: params.limit };
    const { rows, next } = await store.deadLetters({ ...requireFilter(params), status: "dead" }, page);
    return { letters: rows, more: next !== undefined };
  }
  const letter = await store.deadLetter(parseMessageId(id));
  if (!letter) throw new GodwitError("not_found", `${id} is no dead letter; godwit dead lists them`);
  if (letter.status === "dead") return { letters: [letter], more: false };
  throw new GodwitError("not_found", `${id} was ${letter.status} before (${letter.reason ?? "no reason given"})`);
}

function laneFilter(params: Params): DeadLetterFilter {
  const target = params.optional("target");
  const key = params.optional("key");
  return { ...(target !== undefined && { target }), ...(key !== undefined && { key }) };
}

/** A slip of the hand must not decide about all letters there are. */
function requireFilter(params: Params): DeadLetterFilter {
  const filter = laneFilter(params);
  if (filter.target === undefined) params.text("target");
  return filter;
}

export function toRow(letter: DeadLetter): DeadLetterRow {
  const { target, key, status, attempts, acceptedAtMs, diedAtMs, reason } = letter;
  const { name, message, code = null } = readError(letter.error);
  const error = { name, message: preview(message), code };
  return { id: messageId(letter), target, key, status, attempts, acceptedAtMs, diedAtMs, error, reason };
}

export function readError(text: string): ErrorRecord {
  return JSON.parse(text) as ErrorRecord;
}
