import { hash32, InvalidInputError } from "../core/index.ts";
import type { MessageRef } from "./port.ts";
import type { Shard } from "./records.ts";

/** The shard of a key: the same for every target, so that an actor and the deliveries of its conversation lie together. */
export function shardOf(key: string, shardCount: number): Shard {
  return hash32(key) % shardCount;
}

const PATTERN = /^([md])(\d+)-(\d+)$/;

/** A message's public id, also the idempotency key of a delivery: `m12-345` (in, shard 12, seq 345) or `d12-9` (out). */
export function messageId(ref: MessageRef): string {
  return `${ref.stream === "in" ? "m" : "d"}${ref.shard}-${ref.seq}`;
}

/** Reads a public message id. @throws InvalidInputError when it is none. */
export function parseMessageId(id: string): MessageRef {
  const match = PATTERN.exec(id);
  if (!match) throw new InvalidInputError("message id", "an id such as m12-345 or d12-9", id);
  return { stream: match[1] === "m" ? "in" : "out", shard: Number(match[2]), seq: Number(match[3]) };
}
