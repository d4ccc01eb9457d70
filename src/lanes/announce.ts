import type { Events, ProcessedMessage } from "../core/index.ts";
import { decodeMeta, type HistoryWrite, messageId, type Seq } from "../store/index.ts";
import type { CommitPlan } from "./build-commit.ts";
import type { Committed } from "./committer.ts";
import type { Entry, Handled, Moved } from "./entries.ts";
import type { AskReply, Broadcast } from "./target.ts";

/** A broadcast that has become true. `seq`: its place in its topic's history, where the topic keeps one. */
export interface CommittedBroadcast extends Broadcast {
  readonly seq?: Seq;
}

/**
 * The live broadcasts of a commit, each topic's in order. Those with history come first, with their sequences.
 */
export function broadcastsOf(
  entries: readonly Entry[],
  plan: CommitPlan,
  outcome: Committed,
): readonly CommittedBroadcast[] {
  const list: CommittedBroadcast[] = [];
  if (outcome.history.length > 0) {
    const writes: HistoryWrite[] = plan.request.shards.flatMap((shard) => shard.history ?? []);
    for (const [i, seq] of outcome.history.entries()) {
      const write = writes[i];
      if (write) list.push({ topic: write.topic, event: write.event, payload: write.payload, seq });
    }
  }
  for (const entry of entries) {
    if (entry.kind === "handled" && entry.effects?.broadcasts) list.push(...entry.effects.broadcasts);
  }
  return list;
}

/** The answers to `ask` of a commit; whoever asked what is a dead letter now is told so. */
export function repliesOf(entries: readonly Entry[]): readonly AskReply[] {
  const list: AskReply[] = [];
  for (const entry of entries) {
    if (entry.kind !== "handled") continue;
    if (entry.effects?.replies) list.push(...entry.effects.replies);
    const asker = entry.dead && decodeMeta(entry.message.meta).replyTo;
    if (asker) list.push({ ...asker, body: entry.dead?.error ?? "null", ok: false });
  }
  return list;
}

/** Says what a commit has made true. */
export function announceCommit(events: Events, member: string, entries: readonly Entry[], tookMs: number): void {
  let handled = 0;
  let dead = 0;
  for (const entry of entries) {
    if (entry.kind === "handled") {
      handled += 1;
      if (entry.dead) dead += 1;
      if (entry.dead) announceDeath(events, entry);
    } else if (entry.kind === "moved" && entry.news) announceLane(events, entry);
    else if (entry.kind === "recorded") announceResumed(events, entry);
    else if (entry.kind === "decided") announceDecision(events, entry);
  }
  events.emit("commit.done", { member, handled, dead, entries: entries.length, tookMs });
  if (handled > 0 && events.wanted("message.processed")) {
    events.emit("message.processed", { member, messages: entries.filter(isDone).map(processed) });
  }
}

/** The id of the trace that a message carries, for the log. */
export function traceIdOf(meta: string | null): { readonly traceId?: string } {
  const traceId = decodeMeta(meta).traceparent?.split("-")[1];
  return traceId === undefined ? {} : { traceId };
}

function isDone(entry: Entry): entry is Handled {
  return entry.kind === "handled" && entry.dead === undefined;
}

function processed({ message, attempt, durationMs }: Handled): ProcessedMessage {
  const { target, key, acceptedAtMs, meta } = message;
  const told = { id: messageId(message), target, key, attempt, acceptedAtMs, durationMs };
  return meta?.includes(TRACED) ? { ...told, ...traceOf(meta) } : told;
}

/** Only a meta that holds this is decoded: a trace must cost those nothing that have none. */
const TRACED = '"traceparent"';

function traceOf(text: string): Pick<ProcessedMessage, "traceparent" | "cause"> {
  const { traceparent, cause } = decodeMeta(text);
  return { ...(traceparent !== undefined && { traceparent }), ...(cause !== undefined && { cause }) };
}

function announceDeath(events: Events, { message, dead }: Handled): void {
  const { target, key } = message;
  events.emit("message.dead", {
    ...traceIdOf(message.meta),
    id: messageId(message),
    target,
    key,
    attempts: dead?.attempts ?? 0,
    error: dead?.error ?? "",
  });
}

function announceLane(events: Events, { lane, record }: Moved): void {
  const place = { stream: lane.stream, target: lane.target.name, key: lane.key };
  if (record.status === "retrying") {
    events.emit("lane.retrying", { ...place, attempts: record.attempts, dueAtMs: record.dueAtMs });
  } else if (record.status === "spilled") events.emit("lane.spilled", place);
  else events.emit("lane.stopped", { ...place, status: record.status, error: record.error });
}

function announceResumed(events: Events, { lane, record }: Extract<Entry, { kind: "recorded" }>): void {
  if (record !== null) return;
  events.emit("lane.normal", { stream: lane.stream, target: lane.target.name, key: lane.key });
}

function announceDecision(events: Events, { decision }: Extract<Entry, { kind: "decided" }>): void {
  events.emit("dead-letter.decided", { id: messageId(decision), status: decision.status, reason: decision.reason });
}
