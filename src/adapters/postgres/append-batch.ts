import type { AppendOutcome, AppendRequest, NewMessage } from "../../store/index.ts";
import { jsonTexts } from "./json-texts.ts";
import type { Param, Session } from "./session.ts";

/**
 * Shards, targets, keys, bodies, metas, dedupe sources and external ids, as arrays; bodies and metas for `fromJsonTexts`. A column without any
 * value is null.
 */
export function messageColumns(
  session: Session,
  messages: readonly (NewMessage & Pick<AppendRequest, "dedupe">)[],
): readonly [Param, Param, Param, Param, Param, Param, Param] {
  const someMeta = messages.some(({ meta }) => meta !== null);
  const someDedupe = messages.some(({ dedupe }) => dedupe !== undefined);
  return [
    session.ints(messages.map(({ shard }) => shard)),
    session.texts(messages.map(({ target }) => target)),
    session.texts(messages.map(({ key }) => key)),
    jsonTexts(messages.map(({ body }) => body)),
    someMeta ? jsonTexts(messages.map(({ meta }) => meta)) : null,
    someDedupe ? session.texts(messages.map(({ dedupe }) => dedupe?.source ?? null)) : null,
    someDedupe ? session.texts(messages.map(({ dedupe }) => dedupe?.externalId ?? null)) : null,
  ];
}

/** An answer of the function `append`: a sequence, or minus the one of the earlier message, 0 when that is not known. */
export function toOutcome(answer: number): AppendOutcome {
  if (answer > 0) return { kind: "appended", seq: answer };
  return { kind: "duplicate", seq: answer < 0 ? -answer : null };
}

/**
 * The first of each (source, external id) pair within one batch; `repeats` tells the place of the first for each later one.
 * The database need then only look for pairs that were there before.
 */
export function withoutRepeats(requests: readonly AppendRequest[]): {
  readonly firsts: readonly number[];
  readonly repeats: ReadonlyMap<number, number>;
} {
  const seen = new Map<string, number>();
  const repeats = new Map<number, number>();
  const firsts: number[] = [];
  for (const [at, { dedupe }] of requests.entries()) {
    const pair = dedupe && `${dedupe.source.length}:${dedupe.source}${dedupe.externalId}`;
    const first = pair === undefined ? undefined : seen.get(pair);
    if (first !== undefined) repeats.set(at, first);
    else {
      if (pair !== undefined) seen.set(pair, at);
      firsts.push(at);
    }
  }
  return { firsts, repeats };
}

/** The outcome of every request of a batch, given those of its `firsts`. */
export function placeOutcomes(
  firsts: readonly number[],
  repeats: ReadonlyMap<number, number>,
  ofFirsts: readonly AppendOutcome[],
): readonly AppendOutcome[] {
  if (repeats.size === 0) return ofFirsts;
  const placed: AppendOutcome[] = [];
  for (const [i, at] of firsts.entries()) placed[at] = ofFirsts[i] as AppendOutcome;
  for (const [at, first] of repeats) {
    const taken = placed[first] as AppendOutcome;
    placed[at] = { kind: "duplicate", seq: taken.kind === "held" ? null : taken.seq };
  }
  return placed;
}
