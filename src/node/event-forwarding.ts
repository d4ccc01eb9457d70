/** Events cross from a worker to the node's own bus: batched, bounded, with errors as data. */
import { EVENT_DESCRIPTIONS, type EventName, type EventPayloads, type Events } from "../core/index.ts";
import type { ForwardedEvent } from "./link-protocol.ts";

/** Events that may wait for the next batch. Past it the newest are dropped and counted: an error storm must not become a memory leak. */
const MAX_WAITING = 1_000;

/** What happens with each message or commit is counted where it happens: forwarding it would cost more than the work itself. */
const TOO_MANY: ReadonlySet<EventName> = new Set([
  "messages.appended",
  "message.accepted",
  "message.duplicate",
  "message.held",
  "message.processed",
  "commit.done",
  "delivery.sent",
]);

/** Sends the events of `events` on, a batch per turn of the event loop; those of each message stay where they are. */
export function forwardEvents(events: Events, send: (batch: readonly ForwardedEvent[]) => void): void {
  let batch: ForwardedEvent[] = [];
  let dropped = 0;
  const flush = () => {
    const full = batch;
    batch = [];
    send(full);
    if (dropped > 0) events.emit("events.dropped", { count: dropped });
    dropped = 0;
  };
  const forward = (name: EventName, payload: object, atMs: number) => {
    if (batch.length >= MAX_WAITING) {
      dropped++;
      return;
    }
    if (batch.length === 0) setImmediate(flush);
    batch.push([name, errorsAsData(payload), atMs]);
  };
  for (const name of Object.keys(EVENT_DESCRIPTIONS) as EventName[]) {
    if (!TOO_MANY.has(name)) events.on(name, (payload, { atMs }) => forward(name, payload, atMs));
  }
}

/** Emits what a worker forwarded on the node's own bus. */
export function emitForwarded(events: Events, forwarded: readonly ForwardedEvent[]): void {
  for (const [name, payload] of forwarded) events.emit(name, payloadOf(name, payload));
}

/** A forwarded payload of the event `name`, its errors errors again. */
export function payloadOf<Name extends EventName>(_name: Name, payload: unknown): EventPayloads[Name] {
  return errorsFromData(payload) as EventPayloads[Name];
}

interface ErrorData {
  readonly $error: {
    readonly name: string;
    readonly message: string;
    readonly stack: string | undefined;
    readonly code?: unknown;
  };
}

function errorsAsData(payload: object): unknown {
  if (!Object.values(payload).some((value) => value instanceof Error)) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([key, value]) => [key, value instanceof Error ? toData(value) : value]),
  );
}

function toData(error: Error): ErrorData {
  const { name, message, stack } = error;
  return { $error: { name, message, stack, code: (error as { code?: unknown }).code } };
}

function errorsFromData(payload: unknown): unknown {
  const entries = Object.entries(payload as object);
  return Object.fromEntries(entries.map(([key, value]) => [key, isErrorData(value) ? fromData(value) : value]));
}

function isErrorData(value: unknown): value is ErrorData {
  return typeof value === "object" && value !== null && "$error" in value;
}

function fromData({ $error }: ErrorData): Error {
  const error = new Error($error.message);
  return Object.assign(error, { name: $error.name, stack: $error.stack, code: $error.code });
}
