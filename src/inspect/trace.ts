/**
 * The way of one message, told from the log alone: when it was accepted, what became of it, by which worker and which code, what it sent,
 * and when that was delivered. No tracing backend is asked.
 *
 * What a message sent carries its id as `cause`, and lies in the streams from the moment of its commit on. There is no index of causes (it
 * would cost each message a write), so that moment is found by bisecting each stream by time, and a bounded stretch after it is read.
 */
import { GodwitError } from "../core/index.ts";
import {
  decodeMeta,
  type MessageRef,
  messageId,
  parseMessageId,
  type ShardStatus,
  type StoredMessage,
} from "../store/index.ts";
import { readError } from "./dead-letters.ts";
import { type Clipped, clip } from "./listing.ts";
import type { Params } from "./params.ts";
import type { FailedTry, InspectedStore, InspectSources } from "./sources.ts";

/**
 * - `waiting`: in its stream or its lane's backlog, or being handled now.
 * - `retrying`: at the head of a lane that tries it again.
 * - `handled`: done, and committed. For a delivery: the provider has taken it.
 */
export type MessageStatus = "waiting" | "retrying" | "handled" | "dead" | "redriven" | "discarded";

export interface MessageStep {
  readonly id: string;
  readonly target: string;
  readonly key: string;
  readonly acceptedAtMs: number;
  readonly status: MessageStatus;
  /**
   * The commit with which it left its stream: handled, or (when its first try failed, or its lane was stopped) set aside into its lane's
   * backlog. Null while it waits, or when the journal has forgotten.
   */
  readonly commit: {
    readonly atMs: number;
    readonly member: string;
    readonly codeVersion: string;
    readonly epoch: number;
  } | null;
  /** When it was given up. */
  readonly diedAtMs: number | null;
  /** Of a dead letter or a lane that is stopped or retrying. */
  readonly error: string | null;
}

export interface MessageTrace extends MessageStep {
  readonly from: string | null;
  readonly cause: string | null;
  readonly traceId: string | null;
  readonly body: Clipped;
  readonly attempts: number | null;
  /** Failed tries that the node remembers (since its start, the newest of all messages). */
  readonly failures: readonly FailedTry[];
  readonly sent: readonly MessageStep[];
  /** False: only a stretch of each stream was searched, and there may be more. */
  readonly sentComplete: boolean;
}

/** Messages of each stream that are read in search of what was sent; streams are read together. */
const STRETCH_IN = 100;
const STRETCH_OUT = 1_000;
const MOST_SENT = 100;

/** @throws InvalidInputError when `id` is none; GodwitError `not_found` when the log does not have it (any more). */
export async function traceMessage({ store, node }: InspectSources, params: Params): Promise<MessageTrace> {
  const id = params.text("id");
  const message = await store.message(parseMessageId(id));
  if (!message) {
    throw new GodwitError("not_found", `the log has no message ${id}: it never had, or dropped it after its retention`);
  }
  const shards = await store.shards();
  const step = await stepOf(store, message, shards);
  const { sent, complete } = await findSent(store, message, step, shards);
  const { from = null, cause = null, traceparent } = decodeMeta(message.meta);
  const failures = node.failures(id);
  return {
    ...step,
    from,
    cause,
    traceId: traceparent?.split("-")[1] ?? null,
    body: clip(message.body),
    attempts: await attemptsOf(store, message, failures, step.status),
    failures,
    sent: await Promise.all(sent.map((child) => stepOf(store, child, shards))),
    sentComplete: complete,
  };
}

/** Where a message stands. `shards` as they stand now. */
export async function stepOf(
  store: InspectedStore,
  message: StoredMessage,
  shards: readonly ShardStatus[],
): Promise<MessageStep> {
  const { target, key, acceptedAtMs } = message;
  const [by, letter] = await Promise.all([store.handledBy(message), store.deadLetter(message)]);
  const commit = by ? { atMs: by.atMs, member: by.memberId, codeVersion: by.codeVersion, epoch: by.epoch } : null;
  const common = { id: messageId(message), target, key, acceptedAtMs, commit, diedAtMs: letter?.diedAtMs ?? null };
  if (letter && letter.status !== "redriven") {
    const { name, message: text } = readError(letter.error);
    return { ...common, status: letter.status, error: `${name}: ${text}` };
  }
  if (await isInBacklog(store, message)) {
    const lane = await laneOf(store, message);
    const said = lane?.error ? readError(lane.error) : undefined;
    const status = lane?.status === "retrying" ? "retrying" : "waiting";
    return { ...common, status, error: said ? `${said.name}: ${said.message}` : null };
  }
  return { ...common, status: by || isPassed(message, shards) ? "handled" : "waiting", error: null };
}

async function isInBacklog(store: InspectedStore, message: StoredMessage): Promise<boolean> {
  const [first] = await store.readBacklog(message.shard, message, message.seq - 1, 1);
  return first?.seq === message.seq;
}

async function laneOf(store: InspectedStore, { target, key, stream }: StoredMessage) {
  const { rows } = await store.lanes({ target, key }, { limit: 2 });
  return rows.find((lane) => lane.stream === stream);
}

/** Passed by the cursor: handled by a commit that the journal may have forgotten. */
function isPassed({ shard, stream, seq }: MessageRef, shards: readonly ShardStatus[]): boolean {
  return (shards.find((status) => status.shard === shard)?.cursor[stream] ?? 0) >= seq;
}

async function attemptsOf(
  store: InspectedStore,
  message: StoredMessage,
  failures: readonly FailedTry[],
  status: MessageStatus,
): Promise<number | null> {
  const letter = await store.deadLetter(message);
  if (letter) return letter.attempts;
  if (status === "retrying") return (await laneOf(store, message))?.attempts ?? null;
  if (status === "waiting") return failures.length;
  return failures.length > 0 ? Math.max(...failures.map(({ attempt }) => attempt)) + 1 : null;
}

async function findSent(
  store: InspectedStore,
  message: StoredMessage,
  { commit, status }: MessageStep,
  shards: readonly ShardStatus[],
): Promise<{ readonly sent: readonly StoredMessage[]; readonly complete: boolean }> {
  if (message.stream === "out" || !commit || status === "waiting" || status === "retrying")
    return { sent: [], complete: true };
  const out = shards.filter(({ shard }) => shard === message.shard);
  const [ins, outs] = await Promise.all([
    readFrom(store, "in", shards, commit.atMs, STRETCH_IN),
    readFrom(store, "out", out, commit.atMs, STRETCH_OUT),
  ]);
  const cause = messageId(message);
  const sent = [...ins.messages, ...outs.messages].filter(({ meta }) => decodeMeta(meta).cause === cause);
  sent.sort((a, b) => a.acceptedAtMs - b.acceptedAtMs);
  return { sent: sent.slice(0, MOST_SENT), complete: ins.complete && outs.complete && sent.length <= MOST_SENT };
}

/** What each stream holds from `atMs` on, at most `stretch` messages of each. */
async function readFrom(
  store: InspectedStore,
  stream: "in" | "out",
  shards: readonly ShardStatus[],
  atMs: number,
  stretch: number,
): Promise<{ readonly messages: readonly StoredMessage[]; readonly complete: boolean }> {
  let spans = shards.map(({ shard, head }) => ({ shard, low: 0, high: head[stream] }));
  while (spans.some(({ low, high }) => low < high)) {
    const middles = spans.map((span) => ({ ...span, middle: Math.floor((span.low + span.high) / 2) }));
    const open = middles.filter(({ low, high }) => low < high);
    const probes = await store.read(
      open.map(({ shard, middle }) => ({ shard, stream, after: middle })),
      1,
    );
    const found = new Map(probes.map((probe) => [probe.shard, probe]));
    spans = middles.map(({ shard, low, high, middle }) => {
      if (low >= high) return { shard, low, high };
      const probe = found.get(shard);
      return probe && probe.acceptedAtMs < atMs ? { shard, low: middle + 1, high } : { shard, low, high: middle };
    });
  }
  const messages = await store.read(
    spans.map(({ shard, low }) => ({ shard, stream, after: low })),
    stretch,
  );
  const counts = Map.groupBy(messages, ({ shard }) => shard);
  return { messages, complete: ![...counts.values()].some((rows) => rows.length >= stretch) };
}
