/** The actor that is measured, and what takes its replies. */
import { actor } from "godwit";
import { type Actor, type ActorServices, toLaneTarget } from "godwit/actors";
import type { Events } from "godwit/core";
import type { LaneTarget } from "godwit/lanes";
import { type Message, replyTo } from "./workload.ts";

/** The connector whose outgoing lane the replies go to. */
export const CONNECTOR = "sink";

export const counter: Actor<{ count: number }, Message> = actor("counter", {
  initial: () => ({ count: 0 }),
  receive(message: Message, ctx) {
    ctx.state.count += message.n;
    ctx.reply(replyTo(message, ctx.state.count));
  },
});

export function counterTarget(shardCount: number, events: Events): LaneTarget {
  const services: ActorServices = {
    shardCount,
    events,
    wallMs: Date.now,
    keepsHistory: () => false,
    actor: () => undefined,
    ask: () => Promise.reject(new Error("the counter asks nobody")),
    query: () => Promise.resolve([]),
  };
  return toLaneTarget(counter, services);
}

/** Takes replies and does nothing with them: what remains is the cost of the outgoing lane itself. */
export const sinkTarget: LaneTarget = {
  stream: "out",
  name: CONNECTOR,
  retry: { attempts: 1, backoff: { baseMs: 1, capMs: 1 }, retryable: () => false },
  onDead: "continue",
  timeoutMs: 30_000,
  concurrency: 1_000,
  run: () => ({ kind: "done", effects: {} }),
};
