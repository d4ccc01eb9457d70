import { expect, test } from "bun:test";
import {
  EMPTY_FLOW,
  type Flow,
  type FlowEvent,
  flowReducer,
  type Passage,
  passageMs,
  type Turn,
  type WorkerEvent,
  waiting,
  workersState,
} from "./flow-model.ts";

const step = (flow: Flow, event: Partial<FlowEvent>): Flow =>
  flowReducer(flow, { kind: "flow", event: { at: 0, kind: "accepted", id: "m1-1", ...event } });
const worker = (flow: Flow, atMs: number, event: Partial<WorkerEvent>): Flow =>
  flowReducer(flow, { kind: "worker", atMs, event: { worker: "w1", state: "up", pid: null, ...event } });

test("the steps of a message gather in the order of its way, whichever comes first", () => {
  const flow = step(step(EMPTY_FLOW, { kind: "processed", at: 14 }), { kind: "accepted", at: 10 });
  const passage = flow.items[0] as Passage;
  expect(passage.steps.map((event) => event.kind)).toEqual(["accepted", "processed"]);
  expect(passageMs(passage)).toBe(4);
});

test("how long messages take from accepted to committed is remembered", () => {
  const flow = step(step(EMPTY_FLOW, { kind: "accepted", at: 10 }), { kind: "processed", at: 14, ms: 1 });
  expect(flow.committedMs).toEqual([4]);
});

test("the same step told twice counts once", () => {
  const flow = step(step(EMPTY_FLOW, { at: 1 }), { at: 2 });
  expect(flow.accepted).toBe(1);
});

test("an answer that was here before the feed told of its message is its last step, once", () => {
  const shown = flowReducer(EMPTY_FLOW, { kind: "shown", id: "m1-1", atMs: 99 });
  expect(shown.items).toEqual([]);
  const flow = flowReducer(step(shown, {}), { kind: "shown", id: "m1-1", atMs: 100 });
  expect((flow.items[0] as Passage).steps.map((event) => event.kind)).toEqual(["accepted", "broadcast"]);
  expect(flow.out).toBe(1);
});

test("a message waits from accepted until it is processed or dead", () => {
  const accepted = step(step(EMPTY_FLOW, {}), { id: "m1-2" });
  expect(waiting(accepted)).toBe(2);
  expect(waiting(step(step(accepted, { kind: "processed", at: 1 }), { id: "m1-2", kind: "dead", at: 1 }))).toBe(0);
});

test("the state at the time of joining is no event; a death and a return are, with the time between", () => {
  const up = worker(EMPTY_FLOW, 0, { pid: 1 });
  expect(up.items).toEqual([]);
  const back = worker(worker(worker(up, 100, { state: "down" }), 200, { state: "restarting", pid: 2 }), 500, {
    pid: 2,
  });
  expect(back.items.map((item) => (item as Turn).worker.state)).toEqual(["up", "down"]);
  expect((back.items[0] as Turn).afterMs).toBe(400);
  expect((back.items[1] as Turn).worker.pid).toBe(1);
  expect(workersState(back)).toBe("up");
});
