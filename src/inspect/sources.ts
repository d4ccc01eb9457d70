/** Where answers come from: the store, and the node that runs. */
import type { AppendOutcome, AppendRequest, Seq, Store } from "../store/index.ts";
import type { ServiceTree } from "../supervision/index.ts";
import type { Sample } from "../telemetry/index.ts";
import type { Trouble } from "./trouble-memory.ts";

/** The part of a store that is looked at. */
export type InspectedStore = Pick<
  Store,
  | "description"
  | "shardCount"
  | "sharedAcrossNodes"
  | "read"
  | "readStates"
  | "readBacklog"
  | "historyBounds"
  | "message"
  | "handledBy"
  | "deadLetter"
  | "deadLetters"
  | "lanes"
  | "states"
  | "shards"
  | "query"
  | "errors"
  | "error"
  | "decideError"
>;

export interface InspectSources {
  readonly store: InspectedStore;
  readonly node: InspectedNode;
  /** What a person decides becomes a message. */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  wallMs(): number;
}

/** What only the running node knows. */
export interface InspectedNode {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** Undefined while the node lets nobody in. */
  url(): string | undefined;
  app(): InspectedApp | undefined;
  tree(): ServiceTree;
  workers(): readonly WorkerRow[];
  sockets(): { readonly connections: number; readonly joined: number };
  topics(): readonly TopicRow[];
  /** Keys of who is present, each with how many times. */
  presences(topic: string): Readonly<Record<string, number>>;
  /** Failed tries of a message, as far as this node remembers: since its start, and only the newest of all. */
  failures(messageId: string): readonly FailedTry[];
  /** Every metric of the node and its workers as it stands. */
  metrics(): Promise<readonly Sample[]>;
  /** What went wrong lately, the newest first. */
  troubles(): readonly Trouble[];
  /** Resolves after that time. */
  after(delayMs: number): Promise<void>;
}

export interface InspectedApp {
  readonly name: string;
  readonly codeVersion: string;
  readonly actors: readonly string[];
  readonly connectors: readonly string[];
}

export interface WorkerRow {
  /** `w0`, `w1` … */
  readonly worker: string;
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  /** Null until it is ready. */
  readonly memberId: string | null;
  readonly codeVersion: string | null;
  readonly rssBytes: number | null;
  /** Worst of the last heartbeat. */
  readonly loopDelayMs: number | null;
  /** Why it is down. */
  readonly reason: string | null;
}

export interface TopicRow {
  readonly topic: string;
  readonly subscribers: number;
  readonly keepsHistory: boolean;
}

export interface FailedTry {
  readonly attempt: number;
  readonly atMs: number;
  readonly worker: string;
  readonly error: string;
  /** Null: it is not tried again. */
  readonly retryInMs: number | null;
}

/** Where a topic's history stands. */
export interface HistoryBounds {
  readonly first: Seq;
  readonly last: Seq;
}
