import { InvalidInputError } from "../core/index.ts";
import { type AppendRequest, encodeMeta, type MessageMeta, shardOf } from "../store/index.ts";

/** A message as code has it at hand: a value, not yet text. */
export interface MessageDraft {
  readonly target: string;
  readonly key: string;
  /** Any JSON value. */
  readonly body: unknown;
  readonly meta?: MessageMeta;
  readonly dedupe?: AppendRequest["dedupe"];
  readonly order?: AppendRequest["order"];
}

/**
 * The request that appends `draft`: its shard by its key, body and meta as JSON text.
 * @throws InvalidInputError when the body is no JSON value. Sizes are checked by `checkMessage`, as the appender does.
 */
export function buildRequest(draft: MessageDraft, shardCount: number): AppendRequest {
  const { target, key, body, meta, dedupe, order } = draft;
  return {
    shard: shardOf(key, shardCount),
    target,
    key,
    body: toJson(body),
    meta: encodeMeta(meta),
    ...(dedupe && { dedupe }),
    ...(order && { order }),
  };
}

function toJson(body: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch {
    // A cycle or a bigint: refused below like a function.
  }
  if (text === undefined) throw new InvalidInputError("body", "a JSON value", typeof body);
  return text;
}
