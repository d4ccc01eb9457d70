/**
 * The lanes as a pure model: a book of lanes and a store made of plain objects, driven by random scripts of everything that may happen in
 * any order. Checked on what was *committed*: that is all that counts after a crash.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LaneId, LaneRecord, Progress, ShardCommit, StoredMessage } from "../store/index.ts";
import { buildCommit } from "./build-commit.ts";
import type { Entry } from "./entries.ts";
import { refOf } from "./lane.ts";
import { LaneBook, leaseLost } from "./lane-book.ts";
import { target } from "./lane-fixture.ts";
import { DEFAULT_LANE_LIMITS, type LaneLimits } from "./limits.ts";
import { NOTHING_HANDLED } from "./progress.ts";
import type { Run } from "./run.ts";
import { changedState } from "./state.ts";
import { undoMessage } from "./undo.ts";

/** The first is busier than the others. */
const KEYS = ["a", "b", "c"];
const LIMITS: LaneLimits = {
  ...DEFAULT_LANE_LIMITS,
  laneMessages: 3,
  memoryMessages: 12,
  idleStateBytes: 700,
  concurrency: 4,
};

/** One shard's part of a store. */
class ModelStore {
  readonly stream: StoredMessage[] = [];
  progress: Progress = NOTHING_HANDLED;
  readonly lanes: Map<string, LaneRecord> = new Map();
  readonly backlog: Map<number, StoredMessage> = new Map();
  readonly states: Map<string, string> = new Map();
  /** Sequences done with, by key, in the order of their commits. */
  readonly done: Map<string, number[]> = new Map(KEYS.map((key) => [key, []]));
  readonly dead: Set<number> = new Set();
  readonly redriven: Set<number> = new Set();

  append(key: string): void {
    const seq = this.stream.length + 1;
    const place = { shard: 0, stream: "in", target: "actor", key, meta: null, acceptedAtMs: 0 } as const;
    this.stream.push({ ...place, seq, body: String(seq) });
  }

  apply(commit: ShardCommit, entries: readonly Entry[]): void {
    for (const { key, body } of commit.states ?? []) this.states.set(key, body ?? "");
    for (const { record, ...id } of commit.lanes ?? []) this.#setLane(id, record);
    for (const message of commit.backlog ?? []) this.backlog.set(message.seq, message);
    for (const { seq } of commit.backlogDone ?? []) this.backlog.delete(seq);
    for (const { seq } of commit.deadLetters ?? []) this.dead.add(seq);
    for (const { seq } of commit.deadLetterDecisions ?? []) {
      this.dead.delete(seq);
      this.redriven.add(seq);
    }
    this.progress = commit.progress?.in ?? this.progress;
    for (const entry of entries) if (entry.kind === "handled") this.done.get(entry.lane.key)?.push(entry.message.seq);
  }

  #setLane(id: LaneId, record: Omit<LaneRecord, keyof LaneId> | null): void {
    if (record) this.lanes.set(id.key, { ...id, ...record });
    else this.lanes.delete(id.key);
  }
}

/** A worker over the model store; `crash` throws its memory away. */
class ModelWorker {
  readonly store: ModelStore = new ModelStore();
  nowMs = 0;
  book: LaneBook = this.#takeOver();
  running: Run[] = [];
  inFlight: readonly Entry[] | undefined;
  mostInMemory = 0;
  /** A decision is under way: control messages wait for the commit of the one before. */
  deciding = false;

  #takeOver(): LaneBook {
    const retry = { attempts: 2, backoff: { baseMs: 1_000, capMs: 10_000 }, retryable: () => true };
    const actor = target(() => ({ kind: "done", effects: {} }), { concurrency: 4, retry });
    const book = new LaneBook({ targets: [actor], limits: LIMITS, wallMs: () => this.nowMs, random: () => 0.5 });
    const progress = { in: this.store.progress, out: NOTHING_HANDLED };
    book.adopt({ shard: 0, epoch: 1, progress, lanes: [...this.store.lanes.values()], suspects: [] });
    return book;
  }

  crash(): void {
    this.book = this.#takeOver();
    this.running = [];
    this.inFlight = undefined;
    this.deciding = false;
  }

  redrive(): void {
    const shard = this.book.shards.get(0);
    const [seq] = this.store.dead;
    const message = this.store.stream[(seq ?? 0) - 1];
    if (!shard || !message || this.deciding) return;
    this.deciding = true;
    this.book.note({ kind: "decided", shard, decision: { ...refOf(message), status: "redriven", reason: null } });
    this.book.restore(this.book.lane(shard, "in", "actor", message.key), message);
  }

  read(count: number): void {
    const shard = this.book.shards.get(0);
    if (!shard) return;
    const room = Math.min(count, this.book.memory.room.messages);
    const { readTo } = shard.streams.in;
    for (const message of this.store.stream.slice(readTo, readTo + Math.max(0, room))) this.book.offer(shard, message);
    this.mostInMemory = Math.max(this.mostInMemory, this.book.memory.messages);
  }

  load(limit: number): void {
    for (const lane of this.book.flow.needState.splice(0)) {
      const body = this.store.states.get(lane.key);
      const record = { target: "actor", key: lane.key, version: 1, updatedAtMs: 0 };
      this.book.stateRead(lane, body === undefined ? undefined : { ...record, body });
    }
    for (const { lane, reading } of this.book.flow.needBacklog.take(10, (load) => !this.book.memory.isAtShare(load))) {
      const all = [...this.store.backlog.values()].filter(({ key }) => key === lane.key).sort((a, b) => a.seq - b.seq);
      const most = Math.min(limit, this.book.memory.room.messages);
      if (most < 1) this.book.flow.needBacklog.add({ lane, reading });
      else this.book.backlogRead(lane, reading, all.slice(0, most), all.length < most);
    }
    this.mostInMemory = Math.max(this.mostInMemory, this.book.memory.messages);
  }

  start(): void {
    const lane = this.book.flow.scheduler.next();
    if (!lane) return;
    const run = this.book.begin(lane, 0);
    if (run) this.running.push(run);
    else this.book.flow.settle(lane);
  }

  finish(index: number, fails: boolean): void {
    const [run] = this.running.splice(index % Math.max(1, this.running.length), 1);
    if (!run || run.void) return;
    if (fails) this.book.failed(run, { kind: "thrown", error: new Error("no") }, 0);
    else {
      const state = run.state as { seen: unknown[] };
      state.seen.push(run.message.seq);
      this.book.handled(run, {}, changedState(state, run.before, 1, 1_000_000), 0);
    }
    this.book.flow.settle(run.lane);
  }

  beginCommit(): void {
    if (!this.inFlight && this.book.gathered.entries.length > 0) this.inFlight = this.book.gathered.take();
  }

  endCommit(blame: number | undefined): void {
    const entries = this.inFlight;
    if (!entries) return;
    this.inFlight = undefined;
    const handled = entries.filter((entry) => entry.kind === "handled" && !entry.dead);
    const blamed = blame === undefined ? undefined : handled[blame % Math.max(1, handled.length)];
    if (blamed?.kind === "handled") {
      undoMessage(this.book, entries, refOf(blamed.message), new Error("refused"));
      this.running = this.running.filter((run) => !run.void);
      this.inFlight = this.book.gathered.take();
      return;
    }
    const { request, progress } = buildCommit(entries, "c", { memberId: "w", codeVersion: "1" }, this.nowMs);
    for (const commit of request.shards) this.store.apply(commit, entries);
    for (const [shard, reached] of progress) {
      shard.streams.in.progress = reached.in;
      shard.streams.out.progress = reached.out;
    }
    this.book.committed(entries);
    if (entries.some((entry) => entry.kind === "decided")) this.deciding = false;
  }

  lose(): void {
    const shard = this.book.shards.get(0);
    if (shard) this.book.drop(shard, leaseLost(0));
    expect(this.book.memory.messages).toBe(0);
    expect(this.book.memory.bytes).toBe(0);
    expect(this.book.flow.scheduler.running).toBe(0);
    this.crash();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.book.flow.wakeDue(this.nowMs);
  }

  /** Lets everything come to its end, with every handler succeeding. */
  finishAll(): void {
    for (let round = 0; round < 2_000; round++) {
      if (this.store.progress.cursor === this.store.stream.length && this.store.lanes.size === 0) return;
      this.read(5);
      this.load(2);
      this.start();
      this.finish(0, false);
      this.beginCommit();
      this.endCommit(undefined);
      this.pass(10_000);
    }
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("append" as const), n: fc.constantFrom(0, 0, 0, 1, 2) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("read" as const), n: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("load" as const), n: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("start" as const), n: fc.constant(0) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom("succeed" as const, "succeed" as const, "fail" as const),
      n: fc.nat(4),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constantFrom("begin-commit" as const, "end-commit" as const), n: fc.nat(4) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("refuse-commit" as const), n: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("pass" as const), n: fc.nat(12_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom("crash" as const, "lose" as const, "pause" as const, "resume" as const, "redrive" as const),
      n: fc.nat(2),
    }),
  },
);

function perform(worker: ModelWorker, { op, n }: { readonly op: string; readonly n: number }): void {
  const key = KEYS[n % KEYS.length] ?? "a";
  const shard = worker.book.shards.get(0);
  const lane = shard && worker.book.lane(shard, "in", "actor", key);
  if (op === "append") worker.store.append(key);
  else if (op === "read") worker.read(n);
  else if (op === "load") worker.load(n);
  else if (op === "start") worker.start();
  else if (op === "succeed" || op === "fail") worker.finish(n, op === "fail");
  else if (op === "begin-commit") worker.beginCommit();
  else if (op === "end-commit") worker.endCommit(undefined);
  else if (op === "refuse-commit") worker.endCommit(n);
  else if (op === "pass") worker.pass(n);
  else if (op === "crash") worker.crash();
  else if (op === "lose") worker.lose();
  else if (op === "redrive") worker.redrive();
  else if (op === "relieve") worker.book.relieve();
  else if (op === "pause" && lane) worker.book.park(lane, "paused", null);
  else if (op === "resume" && lane) worker.book.resume(lane);
}

describe("the lanes as a model", () => {
  test("whatever happens in whatever order: each message is done with once, in the order of its key", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 150, maxLength: 400, size: "max" }), (script) => {
        const worker = new ModelWorker();
        for (const each of script) perform(worker, each);
        worker.running.splice(0);
        worker.crash();
        for (const key of KEYS) {
          const shard = worker.book.shards.get(0);
          if (shard) worker.book.resume(worker.book.lane(shard, "in", "actor", key));
        }
        worker.finishAll();
        for (const key of KEYS) {
          const sent = worker.store.stream.filter((message) => message.key === key).map(({ seq }) => seq);
          const { dead, redriven } = worker.store;
          const once = (seq: number): boolean => !redriven.has(seq);
          expect(worker.store.done.get(key)?.filter(once)).toEqual(sent.filter(once));
          const state = worker.store.states.get(key);
          const seen: number[] = state === undefined ? [] : JSON.parse(state).seen;
          expect(seen.toSorted((a, b) => a - b)).toEqual(sent.filter((seq) => !dead.has(seq)));
          expect(seen.filter(once)).toEqual(seen.filter(once).toSorted((a, b) => a - b));
        }
        expect(worker.store.backlog.size).toBe(0);
        expect(worker.store.lanes.size).toBe(0);
        expect(worker.book.memory.messages).toBe(0);
        expect(worker.mostInMemory).toBeLessThanOrEqual(LIMITS.memoryMessages);
      }),
      { numRuns: 1_500 },
    );
  });
});
