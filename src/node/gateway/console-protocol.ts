/**
 * What the console's page and the node say to each other, as plain data.
 *
 * One socket, one topic. Joining it answers with `ConsoleHello`, so that plots are full at once; then comes a `pulse` each second, a `span` each
 * ten, and `tree` and `mark` when something changes. What a page wants to see, it asks for with a push `query`; what a person decides, it sends as a push `control`.
 */
import type { ServiceTree } from "../../supervision/index.ts";

export const CONSOLE_TOPIC = "godwit:console";

// ── Live ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ConsoleHello {
  readonly app: string;
  readonly node: string;
  readonly version: string;
  /** Of the store, without a password. */
  readonly store: string;
  readonly startedAtMs: number;
  readonly shardCount: number;
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
  readonly accepted: number;
  readonly handled: number;
  readonly failed: number;
  /** From accepted to committed, ms. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Accepted, not handled yet. */
  readonly waiting: number;
  readonly sockets: number;
  readonly channels: number;
  /** Dead letters that wait for a person. */
  readonly dead: number;
  /** Errors in the inbox that are open or have come back. */
  readonly errors: number;
  readonly health: Health;
  readonly workers: readonly WorkerPulse[];
}

export interface Health {
  readonly status: "ok" | "warning" | "down";
  /** Why not ok, the gravest first. `page`: where to look. */
  readonly reasons: readonly { readonly text: string; readonly page?: string }[];
}

export interface WorkerPulse {
  readonly slot: string;
  readonly state: "starting" | "up" | "restarting" | "draining" | "down";
  readonly pid: number | null;
  readonly restarts: number;
  readonly codeVersion: string | null;
  readonly rssBytes: number;
  /** Null: no limit. */
  readonly memoryLimitBytes: number | null;
  readonly loopDelayMs: number;
  readonly handled: number;
  readonly shards: number;
  readonly reason?: string;
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

// ── Queries ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `more`: there are rows beyond these; ask with `after`. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly more?: string;
  /** How many there are in all, where that is cheap to know. */
  readonly total?: number;
}

export interface ConsoleQueries {
  readonly dead: { readonly args: DeadFilter & { readonly after?: string }; readonly result: Rows<DeadRow> };
  readonly errors: { readonly args: { readonly state?: ErrorState }; readonly result: Rows<ErrorRow> };
  readonly shards: { readonly args: Nothing; readonly result: Rows<ShardRow> };
  readonly lanes: {
    readonly args: { readonly status?: string; readonly after?: string };
    readonly result: Rows<LaneRow>;
  };
  readonly topics: { readonly args: { readonly find?: string }; readonly result: Rows<TopicRow> };
  readonly topic: { readonly args: { readonly topic: string }; readonly result: TopicView };
  readonly keys: { readonly args: { readonly find: string }; readonly result: Rows<KeyRow> };
  readonly key: { readonly args: { readonly target: string; readonly key: string }; readonly result: KeyView };
}

type Nothing = Readonly<Record<never, never>>;
export type ConsoleQuery = keyof ConsoleQueries;

export interface DeadFilter {
  readonly target?: string;
  readonly key?: string;
  readonly status?: DeadRow["status"];
}

export interface ErrorView {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

export interface DeadRow {
  /** The message's public id. */
  readonly id: string;
  readonly target: string;
  readonly key: string;
  readonly shard: number;
  readonly attempts: number;
  readonly acceptedAtMs: number;
  readonly diedAtMs: number;
  readonly status: "dead" | "redriven" | "discarded";
  readonly reason: string | null;
  readonly error: ErrorView;
  /** JSON text. */
  readonly body: string;
}

export type ErrorState = "open" | "resolved" | "ignored";

export interface ErrorRow {
  readonly fingerprint: string;
  readonly state: ErrorState;
  /** It was resolved, and has come back. */
  readonly isRegression: boolean;
  readonly error: ErrorView;
  readonly count: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly firstCodeVersion: string | null;
  readonly lastCodeVersion: string | null;
  readonly where: string;
  readonly sample: {
    readonly id: string;
    readonly target: string;
    readonly key: string;
    readonly body: string | null;
  } | null;
}

export interface ShardRow {
  readonly shard: number;
  readonly owner: string | null;
  readonly epoch: number;
  readonly head: number;
  /** Messages that are accepted and not handled, both streams together. */
  readonly lag: number;
}

export interface LaneRow {
  readonly stream: "in" | "out";
  readonly target: string;
  readonly key: string;
  readonly shard: number;
  readonly status: "retrying" | "spilled" | "halted" | "paused" | "unmigratable";
  readonly attempts: number;
  readonly dueAtMs: number;
  readonly waiting: number;
  readonly error: ErrorView | null;
}

export interface TopicRow {
  readonly topic: string;
  readonly sockets: number;
  readonly presences: number;
  /** Newest position of its history; null where it keeps none. */
  readonly seq: number | null;
}

export interface TopicView extends TopicRow {
  readonly present: readonly { readonly key: string; readonly metas: readonly object[] }[];
  /** Its newest broadcasts, newest first. */
  readonly history: readonly {
    readonly seq: number;
    readonly event: string;
    readonly atMs: number;
    readonly payload: string;
  }[];
}

export interface KeyRow {
  readonly target: string;
  readonly key: string;
  readonly updatedAtMs: number;
}

export interface KeyMessage {
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly status: "waiting" | "handled" | "retrying" | "dead" | "redriven" | "discarded";
  readonly body: string;
  readonly handledAtMs?: number;
  readonly worker?: string;
}

export interface KeyView {
  readonly target: string;
  readonly key: string;
  readonly shard: number;
  readonly owner: string | null;
  /** JSON text; null where it has none. */
  readonly state: string | null;
  readonly stateVersion: number | null;
  readonly updatedAtMs: number | null;
  /** Null: it runs normally. */
  readonly lane: LaneRow | null;
  /** Newest first, bounded. */
  readonly messages: readonly KeyMessage[];
  readonly isTruncated: boolean;
}

// ── Controls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a person may decide. `reason` is kept with the decision. */
export type ConsoleControl =
  | { readonly kind: "redrive" | "discard"; readonly ids: readonly string[]; readonly reason: string }
  | { readonly kind: "redrive-all" | "discard-all"; readonly filter: DeadFilter; readonly reason: string }
  | {
      readonly kind: "pause" | "resume";
      readonly target: string;
      readonly key: string;
      readonly stream: "in" | "out";
      readonly reason: string;
    }
  | {
      readonly kind: "resolve" | "ignore" | "reopen";
      readonly fingerprint: string;
      readonly reason: string;
    };

export interface ControlResult {
  /** Of how many things it was decided. */
  readonly count: number;
}

/** What the console shows and does, behind one port: the node's query layer in production. */
export interface ConsoleSource {
  hello(): Omit<ConsoleHello, "seconds" | "spans" | "marks" | "pulse">;
  pulse(): Pulse;
  query<K extends ConsoleQuery>(kind: K, args: ConsoleQueries[K]["args"]): Promise<ConsoleQueries[K]["result"]>;
  /** `who`: the session that decided. */
  control(control: ConsoleControl, who: string): Promise<ControlResult>;
}
