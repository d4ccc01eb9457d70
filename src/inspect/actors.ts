/** Actors: find a key, see its state, its lane and what waits for it; pause it, let it go on. */
import { GodwitError } from "../core/index.ts";
import { pauseRequest, resumeRequest } from "../lanes/index.ts";
import {
  type AppendRequest,
  type LaneId,
  type LaneRecord,
  type LaneStatus,
  messageId,
  type Shard,
  type StoredMessage,
  shardOf,
} from "../store/index.ts";
import { type DeadLetterRow, readError, toRow } from "./dead-letters.ts";
import { type Clipped, clip, type Listing, pageOf, preview, toListing } from "./listing.ts";
import type { Params } from "./params.ts";
import type { InspectSources } from "./sources.ts";

export interface ActorRow {
  readonly actor: string;
  readonly key: string;
  readonly lane: LaneStatus | "normal";
  readonly stateVersion: number;
  readonly stateLength: number;
  readonly updatedAtMs: number;
}

/** A lane that is not running normally. */
export interface LaneRow {
  readonly stream: "in" | "out";
  readonly target: string;
  readonly key: string;
  readonly shard: Shard;
  readonly status: LaneStatus;
  readonly attempts: number;
  /** When the head is tried again; null for lanes that wait for a person. */
  readonly dueAtMs: number | null;
  /** Messages in its backlog. */
  readonly waiting: number;
  readonly error: string | null;
}

export interface WaitingMessage {
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly body: string;
}

export interface ActorDetails {
  readonly actor: string;
  readonly key: string;
  readonly shard: Shard;
  /** The member that holds the shard's lease. */
  readonly owner: string | null;
  readonly state: { readonly body: Clipped; readonly version: number; readonly updatedAtMs: number } | null;
  /** Null: it runs normally. */
  readonly lane: LaneRow | null;
  /** The first of those that wait, oldest first. */
  readonly waiting: readonly WaitingMessage[];
  /** More wait than are shown, or were looked for. */
  readonly moreWaiting: boolean;
  readonly deadLetters: readonly DeadLetterRow[];
}

/** The message that says so to the shard's lease holder. */
export interface Asked {
  readonly actor: string;
  readonly key: string;
  readonly asked: "pause" | "resume";
}

/** Lanes that are joined to a page of actors. */
const MOST_LANES = 1_000;
const MOST_WAITING = 20;
/** Messages of the shard that are looked through for those of one key. */
const MOST_SCANNED = 2_000;
const MOST_LETTERS = 20;

/** By the beginning of their keys. Keys without a state (they never kept one, or never ran) are found by `show` alone. */
export async function listActors(sources: InspectSources, params: Params): Promise<Listing<ActorRow>> {
  const { store } = sources;
  const actor = requireActor(sources, params.text("actor"));
  const page = await store.states(actor, params.optional("prefix") ?? "", pageOf(params));
  const lanes = await store.lanes({ target: actor }, { limit: MOST_LANES });
  const statuses = new Map(lanes.rows.filter(({ stream }) => stream === "in").map((lane) => [lane.key, lane.status]));
  return toListing(page, ({ key, version, body, updatedAtMs }) => ({
    actor,
    key,
    lane: statuses.get(key) ?? "normal",
    stateVersion: version,
    stateLength: body.length,
    updatedAtMs,
  }));
}

export async function showActor(sources: InspectSources, params: Params): Promise<ActorDetails> {
  const { store } = sources;
  const actor = requireActor(sources, params.text("actor"));
  const key = params.text("key");
  const shard = shardOf(key, store.shardCount);
  const [[state], lanes, shards, letters] = await Promise.all([
    store.readStates([{ target: actor, key }]),
    store.lanes({ target: actor, key }, { limit: 2 }),
    store.shards(),
    store.deadLetters({ target: actor, key, status: "dead" }, { limit: MOST_LETTERS }),
  ]);
  const lane = lanes.rows.find(({ stream }) => stream === "in");
  const status = shards.find((candidate) => candidate.shard === shard);
  const waiting = await findWaiting(sources, { stream: "in", target: actor, key }, shard, status?.cursor.in ?? 0);
  return {
    actor,
    key,
    shard,
    owner: status?.owner ?? null,
    state: state ? { body: clip(state.body), version: state.version, updatedAtMs: state.updatedAtMs } : null,
    lane: lane ? toLaneRow(lane) : null,
    ...waiting,
    deadLetters: letters.rows.map(toRow),
  };
}

export function pauseActor(sources: InspectSources, params: Params): Promise<Asked> {
  return ask(sources, params, "pause", pauseRequest);
}

export function resumeActor(sources: InspectSources, params: Params): Promise<Asked> {
  return ask(sources, params, "resume", resumeRequest);
}

const LANE_STATUSES: readonly LaneStatus[] = ["retrying", "spilled", "halted", "paused", "unmigratable"];

/** Lanes that are not running normally, those of deliveries (`stream: out`) among them. */
export async function listLanes({ store }: InspectSources, params: Params): Promise<Listing<LaneRow>> {
  const target = params.optional("target");
  const status = params.choice("status", LANE_STATUSES);
  const filter = { ...(target !== undefined && { target }), ...(status !== undefined && { status }) };
  return toListing(await store.lanes(filter, pageOf(params)), toLaneRow);
}

export function toLaneRow(lane: LaneRecord & { readonly shard: Shard; readonly waiting: number }): LaneRow {
  const { stream, target, key, shard, status, attempts, dueAtMs, waiting, error } = lane;
  const said = error === null ? null : readError(error);
  return {
    stream,
    target,
    key,
    shard,
    status,
    attempts,
    dueAtMs: dueAtMs > 0 ? dueAtMs : null,
    waiting,
    error: said && preview(`${said.name}: ${said.message}`),
  };
}

async function ask(
  { store, append, ...sources }: InspectSources,
  params: Params,
  asked: Asked["asked"],
  toRequest: (lane: LaneId, shardCount: number) => AppendRequest,
): Promise<Asked> {
  const target = requireActor(sources, params.text("actor"));
  const key = params.text("key");
  await append([toRequest({ stream: "in", target, key }, store.shardCount)]);
  return { actor: target, key, asked };
}

function requireActor({ node }: Pick<InspectSources, "node">, actor: string): string {
  const app = node.app();
  if (!app || app.actors.includes(actor)) return actor;
  throw new GodwitError("not_found", `the app has no actor ${JSON.stringify(actor)}; it has ${app.actors.join(", ")}`);
}

/** First the backlog, then what stands in the stream beyond the cursor: some of that may be running, or done and not passed yet. */
async function findWaiting({ store }: InspectSources, lane: LaneId, shard: Shard, cursor: number) {
  const backlog = await store.readBacklog(shard, lane, 0, MOST_WAITING + 1);
  const ahead = await store.read([{ shard, stream: lane.stream, after: cursor }], MOST_SCANNED);
  const own = ahead.filter(({ target, key }) => target === lane.target && key === lane.key);
  const held = new Set(backlog.map(({ seq }) => seq));
  const open: StoredMessage[] = [...backlog];
  for (const message of own) {
    if (open.length > MOST_WAITING) break;
    if (!held.has(message.seq) && !(await store.handledBy(message))) open.push(message);
  }
  return {
    waiting: open.slice(0, MOST_WAITING).map((message) => ({
      id: messageId(message),
      acceptedAtMs: message.acceptedAtMs,
      body: preview(message.body),
    })),
    moreWaiting: open.length > MOST_WAITING || ahead.length === MOST_SCANNED,
  };
}
