/** The node as a whole: its tree of services, its workers, its topics. */
import { GodwitError } from "../core/index.ts";
import type { ServiceTree } from "../supervision/index.ts";
import type { Sample } from "../telemetry/index.ts";
import { type Listing, pageOfNamed } from "./listing.ts";
import type { Params } from "./params.ts";
import { readShards } from "./shards.ts";
import type { HistoryBounds, InspectedApp, InspectSources, TopicRow, WorkerRow } from "./sources.ts";

export interface NodeDetails {
  readonly node: string;
  readonly version: string;
  readonly pid: number;
  readonly url: string | null;
  readonly startedAtMs: number;
  readonly store: string;
  readonly app: InspectedApp | null;
  readonly sockets: { readonly connections: number; readonly joined: number };
  /** Over all shards; `lag` in messages. Null when the store does not answer. */
  readonly shards: { readonly count: number; readonly held: number; readonly lag: number } | null;
  readonly workers: readonly WorkerRow[];
  readonly tree: ServiceTree;
}

export interface TopicDetails extends TopicRow {
  /** Who is present (at most 500 keys), each with how many times. */
  readonly presences: Readonly<Record<string, number>>;
  readonly presentKeys: number;
  readonly history: HistoryBounds | null;
}

const MOST_PRESENCES = 500;

export async function showNode(sources: InspectSources): Promise<NodeDetails> {
  const { node, store } = sources;
  const shards = await readShards(sources).catch(() => undefined);
  return {
    node: node.name,
    version: node.version,
    pid: node.pid,
    url: node.url() ?? null,
    startedAtMs: node.startedAtMs,
    store: store.description,
    app: node.app() ?? null,
    sockets: node.sockets(),
    shards: shards
      ? {
          count: shards.length,
          held: shards.filter(({ owner }) => owner !== null).length,
          lag: shards.reduce((sum, { lagIn, lagOut }) => sum + lagIn + lagOut, 0),
        }
      : null,
    workers: node.workers(),
    tree: node.tree(),
  };
}

/** All counts as they stand; rates are the difference of two. */
export interface MetricsSnapshot {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

export async function readMetrics({ node, wallMs }: InspectSources): Promise<MetricsSnapshot> {
  return { samples: await node.metrics(), atMs: wallMs() };
}

/** Topics that somebody at this node has joined, by name. */
export async function listTopics({ node }: InspectSources, params: Params): Promise<Listing<TopicRow>> {
  const prefix = params.optional("prefix") ?? "";
  const topics = node.topics().filter(({ topic }) => topic.startsWith(prefix));
  const sorted = [...topics].sort((a, b) => (a.topic < b.topic ? -1 : 1));
  return pageOfNamed(sorted, ({ topic }) => topic, params);
}

/** @throws GodwitError `not_found` when nobody has joined it and it has no history. */
export async function showTopic({ node, store }: InspectSources, params: Params): Promise<TopicDetails> {
  const name = params.text("topic");
  const history = await store.historyBounds(name);
  const joined = node.topics().find(({ topic }) => topic === name);
  if (!joined && history.last === 0) {
    throw new GodwitError("not_found", `nobody has joined ${JSON.stringify(name)}, and it has no history`);
  }
  const present = Object.entries(node.presences(name));
  return {
    ...(joined ?? { topic: name, subscribers: 0, keepsHistory: true }),
    presences: Object.fromEntries(present.slice(0, MOST_PRESENCES)),
    presentKeys: present.length,
    history: history.last === 0 ? null : history,
  };
}
