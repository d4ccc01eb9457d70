/** Turns entries into one commit. Pure: the same entries give the same request, so a commit can be rebuilt with some of them left out. */
import type {
  AppendRequest,
  CommitAuthor,
  CommitRequest,
  CommitStatement,
  DeadLetter,
  DeadLetterDecision,
  HistoryWrite,
  LaneChange,
  LaneId,
  MessageRef,
  NewMessage,
  Progress,
  Seq,
  ShardCommit,
  StateWrite,
  StoredMessage,
  StreamName,
  TimerRecord,
  TimerRef,
} from "../store/index.ts";
import type { Decided, Entry, Fired, Handled, Moved } from "./entries.ts";
import { type Lane, laneId, type OwnedShard, refOf, timerKey } from "./lane.ts";
import { advance } from "./progress.ts";

export interface CommitPlan {
  readonly request: CommitRequest;
  /** What each shard's progress will be once it is committed. */
  readonly progress: ReadonlyMap<OwnedShard, Readonly<Record<StreamName, Progress>>>;
  /** The shards whose `out` stream will grow. */
  readonly grownOut: readonly OwnedShard[];
}

type TimerOp = { readonly set: TimerRecord } | { readonly done: TimerRef };

/** One shard's part while it is gathered. */
interface Draft {
  readonly shard: OwnedShard;
  readonly handled: Record<StreamName, Seq[]>;
  readonly states: Map<Lane, StateWrite>;
  readonly deliveries: NewMessage[];
  readonly sends: AppendRequest[];
  readonly history: HistoryWrite[];
  readonly timers: Map<string, TimerOp>;
  readonly sql: CommitStatement[];
  readonly lanes: Map<Lane, LaneChange>;
  readonly backlog: Map<string, StoredMessage>;
  readonly backlogDone: (LaneId & { readonly seq: Seq })[];
  readonly deadLetters: Map<string, DeadLetter>;
  readonly decisions: DeadLetterDecision[];
  readonly cleared: MessageRef[];
}

export function buildCommit(
  entries: readonly Entry[],
  commitId: string,
  author: CommitAuthor,
  nowMs: number,
): CommitPlan {
  const drafts = new Map<OwnedShard, Draft>();
  for (const entry of entries) {
    let draft = drafts.get(entry.shard);
    if (!draft) {
      draft = emptyDraft(entry.shard);
      drafts.set(entry.shard, draft);
    }
    gather(draft, entry);
  }
  const progress = new Map<OwnedShard, Readonly<Record<StreamName, Progress>>>();
  const shards: ShardCommit[] = [];
  const grownOut: OwnedShard[] = [];
  for (const draft of drafts.values()) {
    const after = {
      in: advance(draft.shard.streams.in.progress, draft.handled.in),
      out: advance(draft.shard.streams.out.progress, draft.handled.out),
    };
    progress.set(draft.shard, after);
    shards.push(finish(draft, after));
    if (draft.deliveries.length > 0) grownOut.push(draft.shard);
  }
  return { request: { commitId, author, nowMs, shards }, progress, grownOut };
}

function gather(draft: Draft, entry: Entry): void {
  switch (entry.kind) {
    case "handled":
      return gatherHandled(draft, entry);
    case "moved":
      return gatherMoved(draft, entry);
    case "recorded":
      draft.lanes.set(entry.lane, { ...laneId(entry.lane), record: entry.record });
      return;
    case "fired":
      return gatherFired(draft, entry);
    case "decided":
      return gatherDecided(draft, entry);
    case "cleared":
      draft.cleared.push(entry.ref);
  }
}

function gatherHandled(draft: Draft, entry: Handled): void {
  const { lane, message, effects } = entry;
  if (entry.fromBacklog) {
    draft.backlogDone.push({ ...laneId(lane), seq: message.seq });
    draft.backlog.delete(backlogKey(lane, message.seq));
  }
  draft.handled[lane.stream].push(message.seq);
  if (entry.dead) draft.deadLetters.set(backlogKey(lane, message.seq), entry.dead);
  if (entry.state) {
    const { body, version } = entry.state;
    draft.states.set(lane, { target: lane.target.name, key: lane.key, version, body });
  }
  if (!effects) return;
  if (effects.deliveries) for (const delivery of effects.deliveries) draft.deliveries.push(delivery);
  if (effects.sends) for (const send of effects.sends) draft.sends.push(send);
  if (effects.history) for (const write of effects.history) draft.history.push(write);
  if (effects.timers) for (const timer of effects.timers) draft.timers.set(timerKey(timer), { set: timer });
  if (effects.timersDone) for (const done of effects.timersDone) draft.timers.set(timerKey(done), { done });
  if (effects.sql) for (const { text, values } of effects.sql) draft.sql.push({ text, values, cause: refOf(message) });
}

function gatherMoved(draft: Draft, entry: Moved): void {
  for (const message of entry.messages) {
    draft.backlog.set(backlogKey(entry.lane, message.seq), message);
    draft.handled[entry.lane.stream].push(message.seq);
  }
  draft.lanes.set(entry.lane, { ...laneId(entry.lane), record: entry.record });
}

/** A timer that a handler of the same commit has set anew or cancelled does not fire: the handler came first. */
function gatherFired(draft: Draft, { timer }: Fired): void {
  const key = timerKey(timer);
  if (draft.timers.has(key)) return;
  const { shard, target, body, meta } = timer;
  draft.timers.set(key, { done: { target, key: timer.key, name: timer.name } });
  draft.sends.push({ shard, target, key: timer.key, body, meta });
}

function gatherDecided(draft: Draft, entry: Decided): void {
  draft.decisions.push(entry.decision);
}

function finish(draft: Draft, progress: Readonly<Record<StreamName, Progress>>): ShardCommit {
  const timers: TimerRecord[] = [];
  const timersDone: TimerRef[] = [];
  for (const op of draft.timers.values()) {
    if ("set" in op) timers.push(op.set);
    else timersDone.push(op.done);
  }
  const moved = { in: draft.handled.in.length > 0, out: draft.handled.out.length > 0 };
  return {
    shard: draft.shard.shard,
    epoch: draft.shard.epoch,
    progress: { ...(moved.in ? { in: progress.in } : {}), ...(moved.out ? { out: progress.out } : {}) },
    states: [...draft.states.values()],
    deliveries: draft.deliveries,
    sends: draft.sends,
    history: draft.history,
    timers,
    timersDone,
    sql: draft.sql,
    lanes: [...draft.lanes.values()],
    backlog: [...draft.backlog.values()],
    backlogDone: draft.backlogDone,
    deadLetters: [...draft.deadLetters.values()],
    deadLetterDecisions: draft.decisions,
    suspectsCleared: draft.cleared,
  };
}

function emptyDraft(shard: OwnedShard): Draft {
  return {
    shard,
    handled: { in: [], out: [] },
    states: new Map(),
    deliveries: [],
    sends: [],
    history: [],
    timers: new Map(),
    sql: [],
    lanes: new Map(),
    backlog: new Map(),
    backlogDone: [],
    deadLetters: new Map(),
    decisions: [],
    cleared: [],
  };
}

function backlogKey(lane: Lane, seq: Seq): string {
  return `${lane.stream}${seq}`;
}
