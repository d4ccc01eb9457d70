/**
 * What the gateways of a cluster say to each other over pub/sub, and how it is read: other programs may write on the same server, so every
 * word is checked in full before anything is done with it. A word that is none is answered with undefined.
 */
import {
  type BroadcastCommand,
  isPresenceKey,
  type LinkBody,
  type PresenceDelta,
  type PresenceEntry,
  type PresenceSnapshot,
} from "../../channels/index.ts";
import type { AskReply } from "../../lanes/index.ts";
import type { Shard } from "../../store/index.ts";

/** Pub/sub topics. A broadcast goes to the gateways that have subscribers of its topic; a wake to every node. */
export const TOPICS = {
  broadcasts: (topic: string): string => `topic:${topic}`,
  gateways: "gateways",
  gateway: (gatewayId: string): string => `gateway:${gatewayId}`,
  wakes: "wakes",
  node: (nodeName: string): string => `node:${nodeName}`,
} as const;

export type Broadcast = Omit<BroadcastCommand, "kind">;

/** To all gateways, or to one. */
export type Word =
  | { readonly kind: "delta"; readonly delta: PresenceDelta }
  | { readonly kind: "snapshot"; readonly snapshot: PresenceSnapshot }
  /** Send your snapshot to `by`. */
  | { readonly kind: "wanted"; readonly by: string }
  /** The gateway has gone; its presences end. */
  | { readonly kind: "left"; readonly replica: string; readonly incarnation: number }
  /** To a gateway that was thought dead: it must go on as its next incarnation. */
  | { readonly kind: "presumed-dead"; readonly incarnation: number }
  | { readonly kind: "disconnect"; readonly socketId: string }
  /** Durable broadcasts may not have been told of: read them from the store. */
  | { readonly kind: "catch-up" };

const MAX_ID_LENGTH = 200;
const MAX_META_LENGTH = 8_192;

export function readWord(text: string): Word | undefined {
  const word = parseObject(text);
  switch (word?.kind) {
    case "delta":
      return isDelta(word.delta) ? { kind: "delta", delta: word.delta } : undefined;
    case "snapshot":
      return isSnapshot(word.snapshot) ? { kind: "snapshot", snapshot: word.snapshot } : undefined;
    case "wanted":
      return isId(word.by) ? { kind: "wanted", by: word.by } : undefined;
    case "left":
      return isId(word.replica) && isCount(word.incarnation)
        ? { kind: "left", replica: word.replica, incarnation: word.incarnation }
        : undefined;
    case "presumed-dead":
      return isCount(word.incarnation) ? { kind: "presumed-dead", incarnation: word.incarnation } : undefined;
    case "disconnect":
      return typeof word.socketId === "string" ? { kind: "disconnect", socketId: word.socketId } : undefined;
    case "catch-up":
      return { kind: "catch-up" };
    default:
      return undefined;
  }
}

/** A broadcast on `topic`. Its JSON is checked: it goes into frames as it stands. */
export function readBroadcast(topic: string, text: string): Broadcast | undefined {
  const { event, body, seq, except } = parseObject(text) ?? {};
  if (typeof event !== "string" || !isBody(body)) return undefined;
  if (!(seq === undefined || (isCount(seq) && typeof body === "string"))) return undefined;
  if (!(except === undefined || typeof except === "string")) return undefined;
  return { topic, event, body, ...(seq !== undefined && { seq }), ...(except !== undefined && { except }) };
}

export function readShards(text: string, shardCount: number): readonly Shard[] | undefined {
  const shards = parse(text);
  const known = (shard: unknown) => isCount(shard) && shard < shardCount;
  return Array.isArray(shards) && shards.length <= shardCount && shards.every(known) ? shards : undefined;
}

export function readAskReply(text: string): AskReply | undefined {
  const { process, askId, body, ok } = parseObject(text) ?? {};
  if (typeof process !== "string" || typeof askId !== "string" || typeof ok !== "boolean") return undefined;
  if (typeof body !== "string" || parse(body) === undefined) return undefined;
  return { process, askId, body, ok };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Fields | undefined {
  const value = parse(text);
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID_LENGTH;
}

function isBody(body: unknown): body is LinkBody {
  if (typeof body === "string") return parseObject(body) !== undefined;
  return isObject(body) && typeof body.base64 === "string" && isBase64(body.base64);
}

function isBase64(text: string): boolean {
  try {
    Uint8Array.fromBase64(text);
    return true;
  } catch {
    return false;
  }
}

function isDelta(value: unknown): value is PresenceDelta {
  if (!isObject(value) || !isId(value.replica)) return false;
  const counted = isCount(value.incarnation) && isCount(value.from) && isCount(value.to) && value.from <= value.to;
  return counted && isEntries(value.joins) && Array.isArray(value.leaves) && value.leaves.every(isId);
}

function isSnapshot(value: unknown): value is PresenceSnapshot {
  if (!isObject(value) || !isId(value.replica)) return false;
  return isCount(value.incarnation) && isCount(value.version) && isEntries(value.entries);
}

function isEntries(value: unknown): value is readonly PresenceEntry[] {
  return Array.isArray(value) && value.every(isEntry);
}

function isEntry(value: unknown): value is PresenceEntry {
  if (!isObject(value) || !isId(value.ref) || typeof value.topic !== "string") return false;
  const { key, meta } = value;
  return isPresenceKey(key) && isObject(meta) && JSON.stringify(meta).length <= MAX_META_LENGTH;
}
