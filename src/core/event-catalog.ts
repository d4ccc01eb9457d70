/**
 * Every event that Godwit emits, in one place: name → what it means, and the shape of its payload. docs/events.md is checked
 * against this file. Names are `noun.past-participle`. Payloads are plain data (they cross process borders), small, and never
 * hold a message's body.
 */

/** What happened, by event name. One line each; the text of docs/events.md. */
export const EVENT_DESCRIPTIONS: Readonly<Record<keyof EventPayloads, string>> = {
  "listener.failed": "An event listener threw; the others still ran.",
  "error.caught": "A background failure, at the named stage, that no caller could be told of.",

  "events.dropped": "A worker had more events to tell than fit one batch; `count` were not told.",

  "error.first-seen": "A failure came that the inbox of errors had never had.",
  "error.came-back": "A failure came again that was resolved: a regression. It is open again.",

  "service.started": "A supervised service is up.",
  "service.exited": "A supervised service has ended, normally or not.",
  "service.restarting": "A supervised service will be started again after the delay.",
  "service.failed-to-start": "A supervised service's start threw or timed out.",
  "service.abandoned":
    "A supervised service neither started nor ended in its time and could not be killed: nothing waits for it any more.",
  "supervisor.escalated": "A supervisor passed its restart intensity, stopped its children and gave up to its parent.",

  "messages.appended": "A batch of messages is durable; `messages` counts the new ones.",
  "message.accepted": "A message is durable in its stream.",
  "message.held": "A message is durable and waits for earlier numbers of its source.",
  "message.duplicate": "A message was taken before; nothing was written.",
  "source.gap-passed":
    "Numbers of a source were waited for in vain, or not worth a wait; what came after them goes on.",
  "process.blocked":
    "A supervised OS process sent no heartbeat for too long, its event loop being blocked; it is killed.",
  "process.outgrown":
    "A supervised OS process passed its memory limit; a replacement is asked for. `curve` shows how it grew.",
  "worker.replaced": "A worker was replaced by a new one under open sockets, and why.",
  "deploy.started": "New code is being loaded beside the old.",
  "deploy.finished": "New code serves; the workers of the old are draining.",
  "canary.started": "New code has a share of the keys and sockets, beside the old.",
  "canary.decided": "A canary was promoted or withdrawn, and why.",
  "shutdown.cut": "A stop's deadline came before these requests had been answered; their connections were closed.",
  "deploy.failed": "New code did not load, or its workers were not healthy; the old code goes on untouched.",

  "message.processed": "Messages were handled, and what they changed is committed.",
  "message.failed":
    "A handler threw, refused or timed out; the message is tried again after `retryInMs`, or is dead when that is absent.",
  "message.dead": "A message was given up and is a dead letter now.",
  "message.late-result-ignored": "A handler returned after it had lost the right to commit; what it did is dropped.",
  "handler.timed-out": "A handler did not return in its time and lost the right to commit.",
  "dead-letter.decided": "A person redrove or discarded a dead letter.",
  "lane.retrying": "A lane waits to try its head message again.",
  "lane.spilled":
    "More messages wait for a lane than it may hold in memory (or it catches up after a failure): they wait in its backlog.",
  "lane.stopped": "A lane waits for a person or for new code: halted, paused or unmigratable.",
  "lane.normal": "A lane has no backlog any more and is fed from its stream again.",
  "target.congested":
    "A target is too slow for what comes; its messages wait in their backlogs so that others can be read.",
  "lease.acquired": "A worker has leased shards.",
  "lease.lost": "Leases passed to another worker; what was not committed in them is void.",
  "lease.released": "A worker has given leases back.",
  "commit.done": "What lanes have done is true now: one transaction.",
  "commit.failed": "The store did not take a commit; it is tried again, or blamed on one message.",
  "actor.logged": "An actor's handler wrote a line with `ctx.log`.",
  "ask.late-reply-dropped": "A reply came after its question's deadline; nobody waits for it any more.",
  "timer.fired": "Timers fell due and became messages; `late` of them by a second or more.",

  "request.refused": "An HTTP request was answered with an error by the gateway itself: an unknown path, or a fault.",
  "webhook.accepted": "A webhook was verified and its messages are durable.",
  "webhook.ignored": "A genuine webhook held nothing for an actor; it was answered 200 and nothing was written.",
  "webhook.refused": "A webhook was answered with an error; nothing was written.",
  "delivery.sent": "A provider has taken a delivery.",
  "delivery.retrying": "A delivery was not made yet and will be tried again; `free` tries do not count.",
  "delivery.failed": "A delivery was given up: a dead letter.",
  "breaker.opened": "A destination failed several times in a row; nothing is sent there for a while.",
  "breaker.half-opened": "A destination's pause is over; one delivery tries it.",
  "breaker.closed": "A destination works again.",

  "socket.refused": "A socket was not let in: wrong origin, unknown protocol version, or refused by the app.",
  "socket.closed-by-server":
    "The server closed a socket: bad input, a limit, a slow reader, or a drain. The code is the WebSocket close code.",
  "socket.slow":
    "A socket read more slowly than it was written to, past its queue's bound: its channels must join again, or it was closed.",
  "socket.limited": "A limit held back what a socket sent.",
  "channel.crashed": "A channel's handler threw; that channel alone ended, and its client joins again.",
  "channel.message-dropped": "A message did not reach a subscriber that cannot take it.",

  "pubsub.lost": "Messages to other nodes could not be sent: the server is away, or too many wait.",
  "pubsub.gap":
    "Messages between nodes may have been lost; they flow again, and what the log holds is read from there.",
  "pubsub.message-refused": "Something came over pub/sub that no gateway has sent; it was passed over.",
  "gateway.joined": "Another gateway of the cluster was heard of.",
  "gateway.lost": "Another gateway of the cluster has left or fallen silent; its presences are gone.",
};

export type EventName = keyof EventPayloads;

/** The payload of each event. */
export interface EventPayloads {
  "listener.failed": { readonly event: string; readonly error: Error };
  "error.caught": { readonly stage: string; readonly error: Error };
  "events.dropped": { readonly count: number };
  "error.first-seen": ErrorGroupPayload;
  "error.came-back": ErrorGroupPayload;

  "service.started": { readonly path: string };
  "service.exited": { readonly path: string; readonly reason: "normal" | "shutdown" | "error"; readonly error?: Error };
  "service.restarting": { readonly path: string; readonly delayMs: number; readonly restarts: number };
  "service.failed-to-start": { readonly path: string; readonly error: Error };
  "service.abandoned": { readonly path: string; readonly during: "start" | "stop"; readonly afterMs: number };
  "supervisor.escalated": { readonly path: string; readonly restarts: number; readonly windowMs: number };

  "messages.appended": {
    readonly messages: number;
    readonly duplicates: number;
    readonly held: number;
    /** Of the transaction, from its start to its commit. */
    readonly ms: number;
  };
  "message.accepted": MessagePayload & { readonly id: string };
  "message.held": MessagePayload & { readonly source: string; readonly externalSeq: number };
  /** `id` is the first one's; null while that is held, or when it is forgotten. */
  "message.duplicate": MessagePayload & {
    readonly source: string;
    readonly externalId: string;
    readonly id: string | null;
  };
  "source.gap-passed": { readonly source: string; readonly fromSeq: number; readonly toSeq: number };
  "process.blocked": {
    readonly path: string;
    readonly pid: number;
    readonly silentMs: number;
    /** What it said that it was running, newest last. */
    readonly running: readonly string[];
  };
  "process.outgrown": {
    readonly path: string;
    readonly pid: number;
    readonly usedBytes: number;
    readonly limitBytes: number;
    readonly reason: string;
    readonly curve: readonly { readonly atMs: number; readonly bytes: number }[];
  };
  "worker.replaced": {
    /** The slot: `w0`. */
    readonly worker: string;
    readonly reason: "deploy" | "memory" | "canary" | "request";
    readonly release: number;
    readonly tookMs: number;
  };
  "deploy.started": { readonly release: number; readonly app: string; readonly workers: number };
  "deploy.finished": {
    readonly release: number;
    readonly app: string;
    readonly codeVersion: string;
    readonly tookMs: number;
  };
  "canary.started": {
    readonly release: number;
    readonly codeVersion: string;
    /** 0 to 1. */
    readonly share: number;
    readonly workers: number;
  };
  "canary.decided": {
    readonly release: number;
    readonly share: number;
    readonly decision: "promoted" | "withdrawn";
    readonly reason: string;
  };
  "shutdown.cut": { readonly requests: number };
  "deploy.failed": { readonly release: number; readonly app: string; readonly error: Error };

  "message.processed": { readonly member: string; readonly messages: readonly ProcessedMessage[] };
  "message.failed": MessagePayload & {
    readonly id: string;
    readonly attempt: number;
    readonly retryInMs?: number;
    readonly error: Error;
  };
  /** `error`: JSON text of the `ErrorRecord`. */
  "message.dead": MessagePayload & { readonly id: string; readonly attempts: number; readonly error: string };
  "message.late-result-ignored": MessagePayload & { readonly id: string };
  "handler.timed-out": MessagePayload & {
    readonly id: string;
    readonly afterMs: number;
    /** The last `ctx` call, or the handler's start. */
    readonly operation: string;
  };
  "dead-letter.decided": { readonly id: string; readonly status: string; readonly reason: string | null };
  "lane.retrying": LanePayload & { readonly attempts: number; readonly dueAtMs: number };
  "lane.spilled": LanePayload;
  "lane.stopped": LanePayload & { readonly status: string; readonly error: string | null };
  "lane.normal": LanePayload;
  "target.congested": { readonly stream: "in" | "out"; readonly target: string };
  "lease.acquired": { readonly member: string; readonly shards: readonly number[] };
  "lease.lost": { readonly member: string; readonly shards: readonly number[] };
  "lease.released": { readonly member: string; readonly shards: readonly number[] };
  "commit.done": {
    readonly member: string;
    /** Messages done with, the dead ones included. */
    readonly handled: number;
    readonly dead: number;
    /** Changes in all: messages handled or moved, lane records, timers, decisions. */
    readonly entries: number;
    readonly tookMs: number;
  };
  "commit.failed": { readonly error: Error; readonly attempt: number };
  "actor.logged": MessagePayload & {
    readonly id: string;
    readonly text: string;
    readonly fields?: Readonly<Record<string, unknown>>;
  };
  "ask.late-reply-dropped": { readonly askId: string };
  "timer.fired": { readonly fired: number; readonly late: number; readonly maxLateMs: number };

  "request.refused": { readonly method: string; readonly path: string; readonly status: number; readonly code: string };
  "webhook.accepted": { readonly connector: string; readonly messages: number };
  "webhook.ignored": { readonly connector: string; readonly reason: string };
  "webhook.refused": { readonly connector: string; readonly status: number; readonly code: string };
  "delivery.sent": DeliveryPayload;
  "delivery.retrying": DeliveryPayload & { readonly reason: string; readonly free: boolean; readonly afterMs?: number };
  "delivery.failed": DeliveryPayload & { readonly reason: string; readonly code: string };
  "breaker.opened": { readonly connector: string; readonly destination: string; readonly forMs: number };
  "breaker.half-opened": { readonly connector: string; readonly destination: string };
  "breaker.closed": { readonly connector: string; readonly destination: string };

  "socket.refused": { readonly reason: string; readonly peer: string | null };
  "socket.closed-by-server": { readonly code: number; readonly reason: string; readonly socketId: string | null };
  "socket.slow": { readonly socketId: string | null; readonly closed: boolean };
  "socket.limited": { readonly limit: string; readonly socketId: string | null };
  "channel.crashed": { readonly topic: string; readonly event: string; readonly message: string };
  "channel.message-dropped": { readonly topic: string; readonly event: string; readonly reason: string };

  "pubsub.lost": { readonly adapter: string; readonly messages: number; readonly reason: string };
  "pubsub.gap": { readonly adapter: string; readonly reason: string };
  "pubsub.message-refused": { readonly topic: string; readonly reason: string };
  "gateway.joined": { readonly gateway: string };
  "gateway.lost": { readonly gateway: string; readonly reason: "left" | "silent" };
}

interface MessagePayload {
  readonly target: string;
  readonly key: string;
  /** Of a message that failed or died, where it carries a trace. */
  readonly traceId?: string;
}

interface ErrorGroupPayload {
  readonly fingerprint: string;
  readonly title: string;
  readonly codeVersion: string;
}

interface LanePayload extends MessagePayload {
  readonly stream: "in" | "out";
}

export interface ProcessedMessage extends MessagePayload {
  readonly id: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Wall time at which the store took it, ms. */
  readonly acceptedAtMs: number;
  /** How long its handler took, ms. */
  readonly durationMs: number;
  /** W3C trace context, where it carries one; and then the message whose handling sent it, if it was one. */
  readonly traceparent?: string;
  readonly cause?: string;
}

interface DeliveryPayload {
  readonly connector: string;
  /** The lane: the conversation. */
  readonly key: string;
  /** The message's public id, which is the idempotency key. */
  readonly id: string;
  /** The provider's HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** 1 for the first try. */
  readonly attempt: number;
  /** From the start of the try to its end, waits for the rate limit included. */
  readonly ms: number;
}
