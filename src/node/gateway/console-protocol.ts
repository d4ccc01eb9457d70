/**
 * What the console's page and the node say to each other, as plain data.
 *
 * One socket, one topic. Joining it answers with `ConsoleHello`, so that plots are full at once; then comes a `pulse` each second, a `span` each
 * ten, and `tree` and `mark` when something changes. What a page wants to see, and what a person decides, are queries of the node's one query layer: a push `ask` each.
 */
import type { Finding, QueryName, QueryResults } from "../../inspect/index.ts";
import type { ServiceTree } from "../../supervision/index.ts";

export const CONSOLE_TOPIC = "godwit:console";

export interface ConsoleHello {
  readonly app: string;
  readonly node: string;
  readonly version: string;
  /** Of the store, without a password. */
  readonly store: string;
  readonly startedAtMs: number;
  readonly shardCount: number;
  /** What messages are sent to. */
  readonly actors: readonly string[];
  readonly connectors: readonly string[];
  /** One point a second, a quarter of an hour at most. */
  readonly seconds: PulseSeries;
  /** One point in ten seconds, three hours at most. Each further one comes as `span`. */
  readonly spans: PulseSeries;
  readonly marks: readonly Mark[];
  readonly pulse: Pulse;
  readonly tree: ServiceTree;
}

/** How the node does, over the last second. Rates are a second's; null where nothing was measured. */
export interface Pulse {
  readonly atMs: number;
  /** Into the log, by any node that shares it. */
  readonly accepted: number;
  /** By this node's workers. */
  readonly handled: number;
  readonly failed: number;
  /** From accepted to committed, ms. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Accepted, and not passed by its shard's cursor yet, deliveries included. */
  readonly waiting: number;
  readonly sockets: number;
  readonly channels: number;
  /** Dead letters that wait for a person. */
  readonly dead: number;
  /** Errors in the inbox that are open or have come back. */
  readonly errors: number;
  readonly health: PulseHealth;
  readonly workers: readonly WorkerPulse[];
}

export interface PulseHealth {
  /** No problem; there may be warnings. */
  readonly ok: boolean;
  /** The gravest first. */
  readonly findings: readonly Pick<Finding, "severity" | "check" | "text" | "advice">[];
}

export interface WorkerPulse {
  readonly slot: string;
  /** As people see it: `up`, `starting`, `restarting`, `down` … */
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly codeVersion: string | null;
  readonly rssBytes: number | null;
  /** Null: no limit. */
  readonly memoryLimitBytes: number | null;
  readonly loopDelayMs: number | null;
  readonly handled: number;
  readonly shards: number;
  /** Why it is down. */
  readonly reason: string | null;
}

/** Pulses as columns of equal length, oldest first: what plots take. */
export interface PulseSeries {
  readonly atMs: readonly number[];
  readonly accepted: readonly number[];
  readonly handled: readonly number[];
  readonly failed: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
  readonly waiting: readonly number[];
}

/** One point of every plot. */
export type PulsePoint = { readonly [K in keyof PulseSeries]: PulseSeries[K][number] };

/** Something that explains a kink in a plot. */
export interface Mark {
  readonly atMs: number;
  readonly kind: "deploy" | "recycle" | "crash" | "start" | "lease" | "breaker" | "store";
  /** What it happened to: `w0`, `deploy`, `telegram`. */
  readonly subject: string;
  readonly text: string;
}

/** What the console shows and does: the node, in production. */
export interface ConsoleSource {
  hello(): Omit<ConsoleHello, "seconds" | "spans" | "marks" | "pulse">;
  pulse(): Pulse;
  /** Answers a query of the node's one query layer. */
  ask<Name extends QueryName>(name: Name, params: unknown): Promise<QueryResults[Name]>;
}
