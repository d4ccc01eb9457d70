/**
 * The page's line to the node: one Phoenix socket, three topics. Turns what comes in into events for the two models.
 */
import { type Channel, Socket } from "phoenix";
import type { ChatEvent, Line } from "./chat-model.ts";
import type { FlowAction, FlowEvent, WorkerEvent } from "./flow-model.ts";
import { milliseconds } from "./format.ts";
import { createOutbox, type OutboxMessage, type TryOutcome } from "./outbox.ts";
import { randomId } from "./random-id.ts";

export interface Listeners {
  chat(event: ChatEvent): void;
  flow(action: FlowAction): void;
  order(order: OrderView): void;
}

/** The actor's state, as it broadcasts it after each message. */
export type OrderView = Readonly<Record<string, unknown>>;

type Payload = Readonly<Record<string, unknown>>;

export interface Conversation {
  write(text: string): void;
  close(): void;
}

/** A push that is not answered within this time is sent again. */
const PUSH_TIMEOUT_MS = 4000;
const RETRY_MS = 400;

export function openConversation(key: string, listeners: Listeners): Conversation {
  const socket = new Socket("/socket", { rejoinAfterMs: (tries) => [400, 800, 1500][tries - 1] ?? 2000 });
  let since = 0;
  const chat = socket.channel(`chat:${key}`, () => ({ since }));
  const outbox = createOutbox({
    push: (message, done) => pushOnce(chat, message, done),
    onAccepted: ({ clientId }, messageId) =>
      listeners.chat({ kind: "accepted", clientId, ...(messageId === undefined ? {} : { messageId }) }),
    onRejected: ({ clientId }) => listeners.chat({ kind: "refused", clientId }),
    later: (run, ms) => void setTimeout(run, ms),
  });

  chat.on("message", (payload: Payload) => {
    since = Math.max(since, Number(payload.seq ?? 0));
    listeners.chat({ kind: "placed", line: readLine(payload) });
    if (payload.order) listeners.order(payload.order as OrderView);
    if (payload.from === "concierge") listeners.flow({ kind: "shown", id: String(payload.id), atMs: Date.now() });
  });
  chat.onError(() => {
    outbox.close();
    listeners.chat({ kind: "link", link: "waiting" });
  });
  chat.join().receive("ok", ({ seq, recovered }) => {
    if (recovered === false) since = Number(seq ?? since);
    listeners.chat({ kind: "loaded", isWhole: recovered !== false });
    outbox.open();
  });
  watchInside(socket, key, listeners, () => outbox.retry());
  socket.connect();

  return {
    write(text) {
      const clientId = randomId();
      listeners.chat({ kind: "written", clientId, text, atMs: Date.now() });
      outbox.send({ clientId, text });
    },
    close: () => socket.disconnect(),
  };
}

function pushOnce(chat: Channel, message: OutboxMessage, done: (outcome: TryOutcome) => void): void {
  chat
    .push("message:create", message, PUSH_TIMEOUT_MS)
    .receive("ok", ({ id }) => done({ kind: "ok", ...(typeof id === "string" ? { messageId: id } : {}) }))
    .receive("error", (refusal) => done(readRefusal(refusal)))
    .receive("timeout", () => done({ kind: "silence" }));
}

/** Reasons that the same message would meet again. */
const FINAL_REASONS: readonly unknown[] = ["invalid payload", "unknown event"];

function readRefusal({ reason, retry_after }: Payload): TryOutcome {
  if (FINAL_REASONS.includes(reason)) return { kind: "rejected", reason: String(reason) };
  return { kind: "refused", retryAfterMs: Number(retry_after ?? 0) * 1000 || RETRY_MS };
}

function readLine(payload: Payload): Omit<Line, "state"> {
  const { id, clientId, from, text, seq, via, choices } = payload as Partial<Record<string, string>> & {
    choices?: string[];
  };
  return {
    clientId: clientId ?? `${id}-${from}`,
    from: from === "guest" ? "guest" : "concierge",
    text: String(text ?? ""),
    seq: Number(seq ?? 0),
    sentAtMs: Number(payload.at ?? Date.now()),
    ...(id ? { messageId: id } : {}),
    ...(via ? { via } : {}),
    ...(choices ? { choices } : {}),
  };
}

function watchInside(socket: Socket, key: string, listeners: Listeners, onWorkerUp: () => void): void {
  const flow = socket.channel(`godwit:flow:concierge:${key}`);
  flow.on("flow", (event: FlowEvent) => listeners.flow({ kind: "flow", event }));
  flow.join();
  const seen = new Map<string, Sighting>();
  const node = socket.channel("godwit:node");
  node.on("worker", (event: WorkerEvent) => {
    const sighting: Sighting = { event, atMs: Date.now() };
    listeners.flow({ kind: "worker", ...sighting });
    remarkOn(sighting, seen.get(event.worker), listeners);
    if (event.state === "up") onWorkerUp();
    if (event.state === "up" || event.state === "down") seen.set(event.worker, sighting);
  });
  node.join();
}

interface Sighting {
  readonly event: WorkerEvent;
  readonly atMs: number;
}

/** A worker that is lost or back is told in the conversation too, once each. */
function remarkOn({ event, atMs }: Sighting, before: Sighting | undefined, listeners: Listeners): void {
  const id = `${event.worker}-${event.restarts}-${event.state}`;
  if (before?.event.state === "up" && event.state === "down") {
    listeners.chat({ kind: "remark", id, tone: "lost", text: "The worker is gone. Write on." });
  } else if (before?.event.state === "down" && event.state === "up") {
    const text = `A new worker took over after ${milliseconds(atMs - before.atMs)}.`;
    listeners.chat({ kind: "remark", id, tone: "back", text });
  }
}
