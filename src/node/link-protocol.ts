/**
 * What a gateway and its workers say to each other, by name and shape. Live traffic only: whatever must survive is in the log.
 */
import type { HostCommand, HostNotice } from "../channels/index.ts";
import type { EventName } from "../core/index.ts";
import type { AskReply, LeaseScope } from "../lanes/index.ts";
import type { WorkSample } from "../rollout/index.ts";
import type { Seq, Shard } from "../store/index.ts";
import type { Sample } from "../telemetry/index.ts";

/** A request for the user's own HTTP routes. Bodies travel as base64. */
export interface RouteRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

export interface RouteResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

/** A call of the HTTP API, carried out by a worker. */
export type ApiCall =
  | ({ readonly kind: "send" } & ApiMessage)
  | ({ readonly kind: "ask"; readonly timeoutMs: number } & ApiMessage)
  | {
      readonly kind: "broadcast";
      readonly topic: string;
      readonly event: string;
      readonly payload: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "disconnect"; readonly socketId: string };

interface ApiMessage {
  readonly actor: string;
  readonly key: string;
  readonly message: unknown;
  readonly idempotencyKey?: string;
}

/** Why an app could not be loaded, as shown to its author. */
export interface LoadFailure {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The source line at fault. */
  readonly lineText?: string;
  /** The error's code, where it is no fault of the app file (the store cannot be opened, say). */
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** A worker's sign of life. */
export interface Heartbeat {
  readonly rssBytes: number;
  /** How late the worker's event loop was, worst of the last interval, ms. */
  readonly loopDelayMs: number;
  /** What its code has done since the last one. */
  readonly work: WorkSample;
  /** What it has counted since the last heartbeat; absent: nothing. */
  readonly metrics?: readonly Sample[];
}

/** One step of a message's way, for those who watch its lane. Never holds the body. */
export interface FlowStep {
  readonly kind: "accepted" | "processed" | "delivered" | "retrying" | "dead" | "broadcast";
  readonly at: number;
  readonly target: string;
  readonly key: string;
  readonly id: string;
  readonly seq: Seq;
  readonly shard: Shard;
  readonly worker?: string;
  readonly ms?: number;
  readonly attempt?: number;
  readonly connector?: string;
  readonly error?: string;
}

/** Notifications, gateway → worker. */
export interface ToWorker {
  /** Streams of these shards have grown. */
  readonly wake: readonly Shard[];
  /** The answer to an `ask` that this worker sent. */
  readonly "ask-reply": AskReply;
  /** Keys whose messages' every step somebody watches. */
  readonly watch: readonly string[];
  /** A channel has ended. */
  readonly channel: HostNotice;
  /** The answer to `hello`: this gateway's id. */
  readonly welcome: string;
  /** Members have come or gone, or shards are free: with whom the shards are shared now. */
  readonly share: LeaseScope;
}

/**
 * Requests of a gateway beside those for channels, routes and the API. `ping`: are you there? `take`: begin to handle messages.
 * Requests of a worker: `ready` (its manifest), `load-failed`, `draining` (after the answer it is sent no more requests), `presences`.
 */
export interface TakeRequest {
  readonly scope: LeaseScope;
}

export interface WorkerHello {
  readonly memberId: string;
  readonly slot: string;
  readonly pid: number;
  readonly release: number;
  readonly standby: boolean;
}

/** Notifications, worker → gateway. */
export interface ToGateway {
  readonly hello: WorkerHello;
  /** To the gateways beside the first: it serves now. */
  readonly serving: null;
  readonly heartbeat: Heartbeat;
  readonly grown: readonly Shard[];
  readonly "ask-reply": AskReply;
  readonly flow: readonly FlowStep[];
  /** What happened in the worker, for the node's one stream of events. */
  readonly events: readonly ForwardedEvent[];
  /** What a channel's handler wants done at the gateway. */
  readonly channel: HostCommand;
}

/** An event as it crosses a process border; errors inside are `{ $error: … }`. */
export type ForwardedEvent = readonly [name: EventName, payload: unknown, atMs: number];
