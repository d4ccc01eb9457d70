import type { VNode } from "preact";
import type { Chat } from "./chat-model.ts";
import { type Flow, type FlowEvent, isWaiting, type Passage, passageMs, type Turn } from "./flow-model.ts";
import { clockTime, milliseconds } from "./format.ts";

/** Newest first: each message with its steps, and each worker that went or came. */
export function Timeline({ chat, flow }: { readonly chat: Chat; readonly flow: Flow }): VNode {
  const texts = new Map(chat.lines.filter((line) => line.from === "guest").map((line) => [line.messageId, line.text]));
  if (flow.items.length === 0) {
    return <p class="timeline-empty">Write a message and watch it pass: accepted, handled, committed, sent.</p>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by the keyboard.
    <section class="timeline" tabIndex={0} aria-label="Timeline">
      <ol>
        {flow.items.map((item) =>
          item.kind === "turn" ? (
            <TurnRow key={item.id} turn={item} />
          ) : (
            <PassageRow key={item.id} passage={item} text={texts.get(item.id)} />
          ),
        )}
      </ol>
    </section>
  );
}

function PassageRow({ passage, text }: { readonly passage: Passage; readonly text: string | undefined }) {
  const totalMs = passageMs(passage);
  const first = passage.steps[0] as FlowEvent;
  return (
    <li class="passage">
      <p class="passage-head">
        <code class="passage-id">{passage.id}</code>
        <q>{text}</q>
        {totalMs === undefined ? null : <b>{milliseconds(totalMs)}</b>}
        <time>{clockTime(first.at)}</time>
      </p>
      <ul>
        {passage.steps.map((event) => (
          <li key={`${event.kind}-${event.at}`} class="step" data-kind={event.kind}>
            <b>{event.kind === "processed" ? "handled" : event.kind}</b> {detail(event)}
          </li>
        ))}
        {isWaiting(passage) ? (
          <li class="step" data-kind="waits">
            <b>waits</b> in the log
          </li>
        ) : null}
      </ul>
    </li>
  );
}

function detail(event: FlowEvent): string {
  switch (event.kind) {
    case "accepted":
      return join([
        event.seq === undefined ? "" : `seq ${event.seq}`,
        event.shard === undefined ? "" : `shard ${event.shard}`,
      ]);
    case "processed":
      return join([event.worker ?? "", event.ms === undefined ? "" : milliseconds(event.ms)]);
    case "broadcast":
      return "to every socket";
    case "delivered":
      return event.connector ? `by ${event.connector}` : "";
    case "retrying":
      return join([event.attempt === undefined ? "" : `try ${event.attempt}`, event.error ?? ""]);
    case "dead":
      return join(["put aside for a person", event.error ?? ""]);
  }
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}

function TurnRow({ turn }: { readonly turn: Turn }) {
  const { worker, state, pid, reason } = turn.worker;
  const came = turn.afterMs === undefined ? "up" : `back after ${milliseconds(turn.afterMs)}`;
  return (
    <li class="turn" data-state={state}>
      <strong>
        {worker} {state === "up" ? came : "down"}
      </strong>
      <span>{state === "down" && reason ? reason : `pid ${pid}`}</span>
      <time>{clockTime(turn.atMs)}</time>
    </li>
  );
}
