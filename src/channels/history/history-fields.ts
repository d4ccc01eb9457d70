/**
 * Where a position in a topic's history travels: under `seq` in the payload of each durable broadcast and in the join's reply, and under
 * `since` in the join's params. Join params may be a function that the client evaluates at each rejoin, so an unmodified client resumes
 * with `socket.channel(topic, () => ({ since: lastSeq }))`.
 */
import { describe, InvalidInputError } from "../../core/index.ts";
import type { Seq } from "../../store/index.ts";

/** A payload must be an object for clients: what is none (an actor may broadcast anything) becomes one, under `value`. */
export function asObjectText(json: string): string {
  return json.trimStart().startsWith("{") ? json : `{"value":${json}}`;
}

/** Adds fields to the JSON text of an object, last, so that they win over equal names before them. */
export function withFields(objectText: string, fields: Readonly<Record<string, unknown>>): string {
  const added = JSON.stringify(fields).slice(1);
  const open = objectText.trimEnd().slice(0, -1);
  return open.trimEnd() === "{" ? `{${added}` : `${open},${added}`;
}

/** The `since` of join params (JSON text of an object); undefined when there is none. @throws InvalidInputError when it is no position. */
export function sinceOf(params: string): Seq | undefined {
  if (!params.includes('"since"')) return undefined;
  const { since } = JSON.parse(params) as { readonly since?: unknown };
  if (since === undefined || since === null) return undefined;
  if (Number.isSafeInteger(since) && (since as number) >= 0) return since as Seq;
  throw new InvalidInputError("since", "the `seq` of the last message seen, a whole number", describe(since));
}
