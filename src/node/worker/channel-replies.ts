/**
 * Where an actor's `ctx.reply` goes when its message came over a channel: a delivery like any other, whose destination is the topic. Kept by
 * the topic's history in the same transaction that marks the delivery done, so that it is there exactly once.
 */
import { MINUTE, SECOND } from "../../core/index.ts";
import type { Effects, LaneTarget } from "../../lanes/index.ts";
import { decodeMeta } from "../../store/index.ts";

/** The connector's name in the origin of messages that came over a channel. */
export const CHANNEL_REPLIES = "godwit:channel";

/** The event of such a reply on the topic; its payload is the reply, wrapped as `{value}` when it is no object. */
export const REPLY_EVENT = "reply";

export function channelReplies(keepsHistory: (topic: string) => boolean): LaneTarget {
  return {
    stream: "out",
    name: CHANNEL_REPLIES,
    retry: { attempts: 3, backoff: { baseMs: SECOND, capMs: MINUTE }, retryable: () => true },
    onDead: "continue",
    timeoutMs: 10 * SECOND,
    concurrency: 1_000,
    run: ({ message }) => {
      const topic = decodeMeta(message.meta).origin?.conversation ?? "";
      const broadcast = { topic, event: REPLY_EVENT, payload: asPayload(message.body) };
      const effects: Effects = keepsHistory(topic) ? { history: [broadcast] } : { broadcasts: [broadcast] };
      return { kind: "done", effects };
    },
  };
}

/** Payloads on the wire are objects. */
function asPayload(body: string): string {
  return body.startsWith("{") ? body : `{"value":${body}}`;
}
