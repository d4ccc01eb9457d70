/**
 * What the panel knows of the inside, as a pure reducer over the node's two feeds: the way of each message, and the workers.
 * The feeds are live only: what happened before this page was opened is not in them.
 */

export type FlowKind = "accepted" | "processed" | "broadcast" | "delivered" | "retrying" | "dead";

/** One event of the feed `godwit:flow:<actor>:<key>`. */
export interface FlowEvent {
  /** Wall time of the node, ms. */
  readonly at: number;
  readonly kind: FlowKind;
  readonly id: string;
  readonly seq?: number;
  readonly shard?: number;
  readonly worker?: string;
  /** How long the handler ran. */
  readonly ms?: number;
  readonly attempt?: number;
  readonly connector?: string;
  readonly error?: string;
}

/** One event of the feed `godwit:node`. */
export interface WorkerEvent {
  readonly worker: string;
  readonly state: "starting" | "up" | "down" | "restarting";
  /** Null: there is no process. */
  readonly pid: number | null;
  readonly restarts?: number;
  readonly reason?: string;
}

/** One message on its way through the node. */
export interface Passage {
  readonly kind: "passage";
  readonly id: string;
  readonly steps: readonly FlowEvent[];
}

/** A worker that went, or came (back). */
export interface Turn {
  readonly kind: "turn";
  readonly id: string;
  readonly atMs: number;
  readonly worker: WorkerEvent;
  /** Since its death, for a worker that came back. */
  readonly afterMs?: number;
}

export interface Worker extends WorkerEvent {
  readonly sinceMs: number;
}

export interface Flow {
  /** Newest first. */
  readonly items: readonly (Passage | Turn)[];
  readonly workers: readonly Worker[];
  readonly accepted: number;
  readonly processed: number;
  readonly out: number;
  /** From accepted to committed, ms: of the latest messages, newest last. */
  readonly committedMs: readonly number[];
  readonly turns: number;
  /** Workers lost while this page looked. */
  readonly deaths: number;
  /** Answers to messages that the feed has not told of. */
  readonly early: readonly FlowEvent[];
}

export type FlowAction =
  | { readonly kind: "flow"; readonly event: FlowEvent }
  /** An answer to the message has come to this page. */
  | { readonly kind: "shown"; readonly id: string; readonly atMs: number }
  | { readonly kind: "worker"; readonly event: WorkerEvent; readonly atMs: number };

export const EMPTY_FLOW: Flow = {
  items: [],
  workers: [],
  accepted: 0,
  processed: 0,
  out: 0,
  committedMs: [],
  turns: 0,
  deaths: 0,
  early: [],
};

const MOST_ITEMS = 80;
const MOST_TIMES = 50;

export function flowReducer(flow: Flow, action: FlowAction): Flow {
  switch (action.kind) {
    case "flow":
      return step(flow, action.event);
    case "shown":
      return show(flow, { at: action.atMs, kind: "broadcast", id: action.id });
    case "worker":
      return turn(flow, action.event, action.atMs);
  }
}

/** An answer may be here before the feed has told of its message; one from the history is of none that the feed will tell of. */
function show(flow: Flow, event: FlowEvent): Flow {
  const isKnown = flow.items.some((item) => item.kind === "passage" && item.id === event.id);
  return isKnown ? step(flow, event) : { ...flow, early: [...flow.early, event].slice(-MOST_ITEMS) };
}

function step(flow: Flow, event: FlowEvent): Flow {
  const known = flow.items.find((item): item is Passage => item.kind === "passage" && item.id === event.id);
  if (known?.steps.some((other) => isSameStep(other, event))) return flow;
  const steps = [...(known?.steps ?? []), event].toSorted((a, b) => rank(a) - rank(b));
  const passage: Passage = { kind: "passage", id: event.id, steps };
  const items = known ? flow.items.map((item) => (item === known ? passage : item)) : [passage, ...flow.items];
  const shown = known ? undefined : flow.early.find(({ id }) => id === event.id);
  const next: Flow = {
    ...flow,
    items: items.slice(0, MOST_ITEMS),
    accepted: flow.accepted + (event.kind === "accepted" ? 1 : 0),
    processed: flow.processed + (event.kind === "processed" ? 1 : 0),
    out: flow.out + (event.kind === "broadcast" || event.kind === "delivered" ? 1 : 0),
    committedMs: event.kind === "processed" ? newest(flow.committedMs, passageMs(passage)) : flow.committedMs,
  };
  return shown ? step(next, shown) : next;
}

function newest(times: readonly number[], ms: number | undefined): readonly number[] {
  return ms === undefined ? times : [...times, ms].slice(-MOST_TIMES);
}

/** A step is taken once, a retry once an attempt; two processes may both tell of it. */
function isSameStep(a: FlowEvent, b: FlowEvent): boolean {
  return a.kind === b.kind && a.attempt === b.attempt;
}

/** Events of two processes may come in either order; the way has only one. */
function rank(event: FlowEvent): number {
  return ["accepted", "retrying", "processed", "broadcast", "delivered", "dead"].indexOf(event.kind);
}

function turn(flow: Flow, event: WorkerEvent, atMs: number): Flow {
  const before = flow.workers.find((worker) => worker.worker === event.worker);
  if (before && before.state === event.state && before.pid === event.pid) return flow;
  const others = flow.workers.filter((worker) => worker !== before);
  const workers = [...others, { ...event, sinceMs: atMs }].toSorted((a, b) => (a.worker < b.worker ? -1 : 1));
  const item = before && turnOf(flow, before, event, atMs);
  if (!item) return { ...flow, workers };
  const items = [item, ...flow.items].slice(0, MOST_ITEMS);
  return { ...flow, workers, items, turns: flow.turns + 1, deaths: flow.deaths + (event.state === "down" ? 1 : 0) };
}

/** A death, or the return after one; undefined for what lies between. */
function turnOf(flow: Flow, before: Worker, event: WorkerEvent, atMs: number): Turn | undefined {
  const turn = { kind: "turn", id: `turn-${flow.turns + 1}`, atMs } as const;
  if (event.state === "down") return { ...turn, worker: { ...event, pid: before.pid } };
  const death = flow.items.find((item) => item.kind === "turn" && item.worker.worker === event.worker) as
    | Turn
    | undefined;
  if (event.state !== "up" || death?.worker.state !== "down") return undefined;
  return { ...turn, worker: event, afterMs: atMs - death.atMs };
}

/** Accepted, and not yet handled: what waits in the log. */
export function waiting(flow: Flow): number {
  return flow.items.filter((item) => item.kind === "passage" && isWaiting(item)).length;
}

export function isWaiting(passage: Passage): boolean {
  const kinds = passage.steps.map((event) => event.kind);
  return kinds.includes("accepted") && !kinds.includes("processed") && !kinds.includes("dead");
}

/** Ms from accepted to the last step that the node told of; undefined when its beginning was not seen. */
export function passageMs(passage: Passage): number | undefined {
  const first = passage.steps[0];
  const last = passage.steps.findLast(({ kind }) => kind !== "broadcast");
  return first?.kind === "accepted" && last !== first && last ? Math.max(0, last.at - first.at) : undefined;
}

export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** One word for all workers together. */
export function workersState(flow: Flow): "unknown" | "up" | "down" {
  if (flow.workers.length === 0) return "unknown";
  return flow.workers.some((worker) => worker.state === "up") ? "up" : "down";
}
