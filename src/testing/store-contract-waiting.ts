import { describe, expect, test } from "bun:test";
import type { DeadLetter, LaneId, StoredMessage, TimerRecord } from "../store/index.ts";
import {
  ALICE,
  commit,
  delivery,
  message,
  type StoreFixture,
  T0,
  takeAll,
  takeShard0,
} from "./store-contract-fixture.ts";

const LANE: LaneId = { stream: "in", target: "desk", key: "guest" };

function waiting(seq: number, changes: Partial<StoredMessage> = {}): StoredMessage {
  return { ...message(`m${seq}`), stream: "in", seq, acceptedAtMs: T0 + seq, ...changes };
}

export function waitingContract(fixture: () => Promise<StoreFixture>): void {
  laneContract(fixture);
  timerContract(fixture);
  deadLetterContract(fixture);
}

function laneContract(fixture: () => Promise<StoreFixture>): void {
  describe("lanes and their backlog", () => {
    const record = { status: "retrying", attempts: 1, dueAtMs: T0 + 9, error: null } as const;

    test("keeps a lane's record until it is normal again", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, { lanes: [{ ...LANE, record }] });
      const halted = { ...record, status: "halted", attempts: 3, error: '{"name":"E","message":"x"}' } as const;
      await commit(store, lease, { lanes: [{ ...LANE, record: halted }] });
      expect((await store.lanes({}, { limit: 10 })).rows).toEqual([{ ...LANE, ...halted, shard: 0, waiting: 0 }]);
      await commit(store, lease, { lanes: [{ ...LANE, record: null }] });
      expect((await store.lanes({}, { limit: 10 })).rows).toEqual([]);
    });

    test("keeps a backlog in the order of seq, once each, and lets messages leave it", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, { backlog: [waiting(5), waiting(2), waiting(9)] });
      await commit(store, lease, { backlog: [waiting(5, { body: '"changed"' })] });
      expect(await store.readBacklog(0, LANE, 0, 10)).toEqual([waiting(2), waiting(5), waiting(9)]);
      expect(await store.readBacklog(0, LANE, 2, 1)).toEqual([waiting(5)]);
      await commit(store, lease, { backlogDone: [{ ...LANE, seq: 5 }] });
      expect((await store.readBacklog(0, LANE, 0, 10)).map((row) => row.seq)).toEqual([2, 9]);
    });

    test("keeps lanes of other keys, targets, streams and shards apart", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const others = [
        waiting(1, { key: "other" }),
        waiting(2, { target: "other" }),
        waiting(3, { ...delivery("out"), stream: "out", target: LANE.target, key: LANE.key }),
      ];
      await commit(store, lease, { backlog: [...others, waiting(4)] });
      expect(await store.readBacklog(0, LANE, 0, 10)).toEqual([waiting(4)]);
      expect(await store.readBacklog(0, { ...LANE, stream: "out" }, 0, 10)).toHaveLength(1);
      expect(await store.readBacklog(1, LANE, 0, 10)).toEqual([]);
    });

    test("lists lanes by target and status, with what waits in each, by the page", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const lanes = ["a", "b", "c"].map((key) => ({ ...LANE, key, record }));
      const halted = { ...LANE, target: "other", record: { ...record, status: "halted" } } as const;
      await commit(store, lease, {
        lanes: [...lanes, halted],
        backlog: [waiting(1, { key: "b" }), waiting(2, { key: "b" })],
      });
      const first = await store.lanes({ target: "desk" }, { limit: 2 });
      expect(first.rows.map((row) => [row.key, row.waiting])).toEqual([
        ["a", 0],
        ["b", 2],
      ]);
      const after = first.next ?? "missing";
      const second = await store.lanes({ target: "desk" }, { limit: 2, after });
      expect(second.rows.map((row) => row.key)).toEqual(["c"]);
      expect(second.next).toBeUndefined();
      expect((await store.lanes({ status: "halted" }, { limit: 10 })).rows.map((row) => row.target)).toEqual(["other"]);
      expect((await store.lanes({ key: "nobody" }, { limit: 10 })).rows).toEqual([]);
    });
  });
}

function timerContract(fixture: () => Promise<StoreFixture>): void {
  describe("timers", () => {
    const timer = (name: string, dueAtMs: number, changes: Partial<TimerRecord> = {}): TimerRecord => ({
      ...{ shard: 0, target: "desk", key: "guest", name, dueAtMs, body: `"${name}"`, meta: null },
      ...changes,
    });

    test("gives what is due, earliest first, at most the limit, and says when the next one is", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      expect(await store.nextTimerAt([0, 1])).toBeUndefined();
      const timers = [timer("c", T0 + 30), timer("a", T0 + 10, { meta: '{"kind":"timer"}' }), timer("b", T0 + 20)];
      await commit(store, lease, { timers });
      expect(await store.dueTimers([0], T0 + 9, 10)).toEqual([]);
      expect(await store.dueTimers([0], T0 + 20, 10)).toEqual([
        timer("a", T0 + 10, { meta: '{"kind":"timer"}' }),
        timer("b", T0 + 20),
      ]);
      expect((await store.dueTimers([0], T0 + 99, 1)).map((row) => row.name)).toEqual(["a"]);
      expect(await store.nextTimerAt([0])).toBe(T0 + 10);
    });

    test("looks only at the shards that were asked for", async () => {
      await using f = await fixture();
      const store = await f.open();
      const [zero, one] = await takeAll(store);
      if (!zero || !one) throw new Error("two leases expected");
      await commit(store, zero, { timers: [timer("a", T0)] });
      await commit(store, one, { timers: [timer("b", T0 + 1, { shard: 1, key: "other" })] });
      expect((await store.dueTimers([1, 2], T0 + 5, 10)).map((row) => row.name)).toEqual(["b"]);
      expect((await store.dueTimers([0, 1], T0 + 5, 10)).map((row) => row.name)).toEqual(["a", "b"]);
      expect(await store.nextTimerAt([1, 2])).toBe(T0 + 1);
      expect(await store.nextTimerAt([2])).toBeUndefined();
      expect(await store.dueTimers([], T0 + 5, 10)).toEqual([]);
    });

    test("replaces a timer of the same name, cancels one, and passes over one that is not there", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, { timers: [timer("a", T0 + 10), timer("b", T0 + 20)] });
      await commit(store, lease, { timers: [timer("a", T0 + 50, { body: '"again"' })] });
      await commit(store, lease, { timersDone: [timer("b", 0), timer("never", 0)] });
      expect(await store.dueTimers([0], T0 + 99, 10)).toEqual([timer("a", T0 + 50, { body: '"again"' })]);
    });

    test("sets again, in one commit, a timer that has just fired", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, { timers: [timer("tick", T0)] });
      await commit(store, lease, { timersDone: [timer("tick", T0)], timers: [timer("tick", T0 + 60)] });
      expect(await store.nextTimerAt([0])).toBe(T0 + 60);
    });
  });
}

function deadLetterContract(fixture: () => Promise<StoreFixture>): void {
  describe("dead letters", () => {
    const dead = (seq: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
      ...waiting(seq),
      ...{ attempts: 5, error: '{"name":"E","message":"no"}', diedAtMs: T0 + 100, status: "dead", reason: null },
      ...changes,
    });

    test("shows a dead letter whole, and the message after the log has it no more", async () => {
      await using f = await fixture();
      const store = await f.open();
      await commit(store, await takeShard0(store), { deadLetters: [dead(7)] });
      expect(await store.deadLetter({ shard: 0, stream: "in", seq: 7 })).toEqual(dead(7));
      expect(await store.deadLetter({ shard: 0, stream: "out", seq: 7 })).toBeUndefined();
      expect(await store.message({ shard: 0, stream: "in", seq: 7 })).toEqual(waiting(7));
    });

    test("notes what a person decided, and takes the letter back when it dies again", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      const ref = { shard: 0, stream: "in", seq: 7 } as const;
      await commit(store, lease, { deadLetters: [dead(7)] });
      await commit(store, lease, { deadLetterDecisions: [{ ...ref, status: "redriven", reason: "fixed" }] });
      expect(await store.deadLetter(ref)).toEqual(dead(7, { status: "redriven", reason: "fixed" }));
      await commit(store, lease, { deadLetters: [dead(7, { attempts: 6 })] });
      expect(await store.deadLetter(ref)).toEqual(dead(7, { attempts: 6 }));
    });

    test("lists them by target, key and status, by the page", async () => {
      await using f = await fixture();
      const store = await f.open();
      const lease = await takeShard0(store);
      await commit(store, lease, {
        deadLetters: [dead(1), dead(2), dead(3), dead(4, { key: "other" }), dead(5, { target: "other" })],
      });
      await commit(store, lease, {
        deadLetterDecisions: [{ shard: 0, stream: "in", seq: 3, status: "discarded", reason: "spam" }],
      });
      const seqsOf = async (filter: Parameters<typeof store.deadLetters>[0]) =>
        (await store.deadLetters(filter, { limit: 10 })).rows.map((row) => row.seq).sort();
      expect(await seqsOf({})).toEqual([1, 2, 3, 4, 5]);
      expect(await seqsOf({ target: "desk", status: "dead" })).toEqual([1, 2, 4]);
      expect(await seqsOf({ key: "other" })).toEqual([4]);
      expect(await seqsOf({ status: "discarded" })).toEqual([3]);
      const first = await store.deadLetters({ target: "desk" }, { limit: 3 });
      const second = await store.deadLetters({ target: "desk" }, { limit: 3, after: first.next ?? "missing" });
      expect([...first.rows, ...second.rows].map((row) => row.seq).sort()).toEqual([1, 2, 3, 4]);
      expect(second.next).toBeUndefined();
    });
  });

  test(`suspects of ${ALICE.memberId} are cleared with the commit that judges them`, async () => {
    await using f = await fixture();
    const store = await f.open();
    await takeAll(store);
    const suspects = [1, 2].map((seq) => ({ shard: 0, stream: "in", seq }) as const);
    await store.evict(ALICE.memberId, suspects);
    const lease = await takeShard0(store);
    await commit(store, lease, { suspectsCleared: suspects.slice(0, 1) });
    await store.release(ALICE.memberId, [lease]);
    expect((await takeShard0(store)).suspects.map((suspect) => suspect.seq)).toEqual([2]);
  });
}
