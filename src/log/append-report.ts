import type { Events } from "../core/index.ts";
import {
  type AppendOutcome,
  type AppendRequest,
  type AppendResult,
  messageId,
  type StoredMessage,
} from "../store/index.ts";

/** Tells of one append: once for the batch, and of single messages only where somebody listens. */
export function reportAppend(
  events: Events,
  requests: readonly AppendRequest[],
  result: AppendResult,
  ms: number,
): void {
  const counts = { appended: 0, duplicate: 0, held: 0 };
  for (const { kind } of result.outcomes) counts[kind]++;
  const messages = counts.appended + result.released.length;
  events.emit("messages.appended", { messages, duplicates: counts.duplicate, held: counts.held, ms });
  if (tellsOfMessages(events)) {
    requests.forEach((request, i) => {
      reportOutcome(events, request, result.outcomes[i]);
    });
    for (const message of result.released) reportReleased(events, message);
  }
  for (const passed of result.passed) events.emit("source.gap-passed", passed);
}

/** A message that was held is in its stream now. */
export function reportReleased(events: Events, message: StoredMessage): void {
  events.emit("message.accepted", { id: messageId(message), target: message.target, key: message.key });
}

function tellsOfMessages(events: Events): boolean {
  return events.wanted("message.accepted") || events.wanted("message.duplicate") || events.wanted("message.held");
}

function reportOutcome(events: Events, request: AppendRequest, outcome: AppendOutcome | undefined): void {
  const { target, key, shard, dedupe, order } = request;
  const idOf = (seq: number) => messageId({ stream: "in", shard, seq });
  if (outcome?.kind === "appended") events.emit("message.accepted", { id: idOf(outcome.seq), target, key });
  else if (outcome?.kind === "duplicate" && dedupe) {
    const id = outcome.seq === null ? null : idOf(outcome.seq);
    events.emit("message.duplicate", { target, key, source: dedupe.source, externalId: dedupe.externalId, id });
  } else if (outcome?.kind === "held" && order) {
    events.emit("message.held", { target, key, source: order.source, externalSeq: order.externalSeq });
  }
}
