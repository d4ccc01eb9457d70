import type { AppendRequest, CommitRequest, ShardCommit, StateWrite, StreamName } from "../../store/index.ts";
import { messageColumns } from "./append-batch.ts";
import { fromJsonTexts, jsonTexts } from "./json-texts.ts";
import type { Param, Session } from "./session.ts";

/** The call of the function `commit`; parameters as `commitParams` gives them. */
export function commitCall(schema: string): string {
  const s = schema;
  const json = fromJsonTexts;
  return `select ${s}.commit($1, $2, $3, $4::bigint, $5::int[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::text[],
    $11::text[], $12::text[], $13::int[], ${json("$14")}, $15::int[], $16::text[], $17::text[], ${json("$18")}, ${json("$19")},
    $20::int[], $21::text[], $22::text[], ${json("$23")}, ${json("$24")}, ${s}.dedupe_ids($25::text[], $26::text[]),
    $27::text[], $28::text[], ${json("$29")}, $30::text, $31::text) as outcome`;
}

/** `sends`: those that the function is to append; null when they were taken before. `numbered`: then what came of them, JSON. */
export function commitParams(
  session: Session,
  request: CommitRequest,
  commitId: string,
  sends: readonly AppendRequest[],
  numbered: string | null,
): readonly Param[] {
  const { shards, author, nowMs } = request;
  return [
    ...[commitId, author.memberId, author.codeVersion, nowMs],
    session.ints(shards.map(({ shard }) => shard)),
    session.bigints(shards.map(({ epoch }) => epoch)),
    ...progressColumns(session, shards, "in"),
    ...progressColumns(session, shards, "out"),
    ...stateColumns(session, shards),
    ...deliveryColumns(session, shards),
    ...(sends.length === 0 ? NO_SENDS : messageColumns(session, sends)),
    ...historyColumns(session, shards),
    numbered,
    asideOf(shards),
  ];
}

const NO_SENDS: readonly null[] = [null, null, null, null, null, null, null];

function progressColumns(session: Session, shards: readonly ShardCommit[], stream: StreamName): readonly Param[] {
  const progress = shards.map((commit) => commit.progress?.[stream]);
  return [
    session.bigints(progress.map((known) => known?.cursor ?? null)),
    session.texts(progress.map((known) => (known ? JSON.stringify(known.ahead) : null))),
  ];
}

/** The last write of each state; the rows of one commit carry one number, so that they could not tell which is newer. */
function stateColumns(session: Session, shards: readonly ShardCommit[]): readonly Param[] {
  const last = new Map<string, StateWrite>();
  for (const { states = [] } of shards) {
    for (const state of states) last.set(`${state.target.length}:${state.target}${state.key}`, state);
  }
  if (last.size === 0) return [null, null, null, null];
  const states = [...last.values()];
  return [
    session.texts(states.map(({ target }) => target)),
    session.texts(states.map(({ key }) => key)),
    session.ints(states.map(({ version }) => version)),
    jsonTexts(states.map(({ body }) => body)),
  ];
}

function deliveryColumns(session: Session, shards: readonly ShardCommit[]): readonly Param[] {
  const deliveries = shards.flatMap(({ shard, deliveries = [] }) => deliveries.map((one) => ({ ...one, shard })));
  if (deliveries.length === 0) return [null, null, null, null, null];
  return messageColumns(session, deliveries).slice(0, 5);
}

function historyColumns(session: Session, shards: readonly ShardCommit[]): readonly Param[] {
  const history = shards.flatMap((commit) => commit.history ?? []);
  if (history.length === 0) return [null, null, null];
  return [
    session.texts(history.map(({ topic }) => topic)),
    session.texts(history.map(({ event }) => event)),
    jsonTexts(history.map(({ payload }) => payload)),
  ];
}

/** What leaves the normal way, as JSON for `commit_aside`: only the parts that there are; null when there are none. */
function asideOf(shards: readonly ShardCommit[]): string | null {
  const parts = new Map<string, object[]>();
  const add = (part: string, shard: number, records: readonly object[] | undefined): void => {
    if (!records || records.length === 0) return;
    const all = parts.get(part) ?? [];
    for (const record of records) all.push({ ...record, shard });
    parts.set(part, all);
  };
  for (const commit of shards) {
    const { shard } = commit;
    const lanes = lastOf(commit.lanes, ({ stream, target, key }) => [stream, target, key]);
    add("timersDone", shard, commit.timersDone);
    add(
      "timers",
      shard,
      lastOf(commit.timers, ({ target, key, name }) => [target, key, name]),
    );
    add(
      "lanesNormal",
      shard,
      lanes.filter(({ record }) => record === null),
    );
    add(
      "lanes",
      shard,
      lanes.flatMap(({ record, ...lane }) => (record ? [{ ...lane, ...record }] : [])),
    );
    add("backlog", shard, commit.backlog);
    add("backlogDone", shard, commit.backlogDone);
    add(
      "deadLetters",
      shard,
      lastOf(commit.deadLetters, ({ stream, seq }) => [stream, seq]),
    );
    add("deadLetterDecisions", shard, commit.deadLetterDecisions);
    add("suspectsCleared", shard, commit.suspectsCleared);
  }
  return parts.size === 0 ? null : JSON.stringify(Object.fromEntries(parts));
}

/** One record an identity, the last: a statement cannot set the same row twice. */
function lastOf<T>(records: readonly T[] | undefined, identity: (record: T) => readonly unknown[]): readonly T[] {
  if (!records || records.length === 0) return [];
  return [...new Map(records.map((record) => [JSON.stringify(identity(record)), record])).values()];
}
