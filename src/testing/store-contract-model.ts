import { expect, test } from "bun:test";
import fc from "fast-check";
import { HOUR } from "../core/index.ts";
import {
  type AppendOutcome,
  type AppendRequest,
  arrive,
  type GapPassed,
  passDue,
  type SourceState,
  type Store,
} from "../store/index.ts";
import { type CreateFixture, message, POLICY, SHARD_COUNT, T0 } from "./store-contract-fixture.ts";

interface Step {
  readonly requests: readonly AppendRequest[];
  /** What happens before them. */
  readonly before: "nothing" | "pass gaps" | "keep house" | "reopen";
  readonly afterMs: number;
}

interface HeldRequest {
  readonly request: AppendRequest;
  readonly outcomeAt: number;
}

/** The log as one would write it down on paper: arrays and maps, no segments, no transactions. */
class NaiveLog {
  readonly bodies = new Map<number, string[]>();
  readonly #taken = new Map<string, { seq: number | null }>();
  readonly #sources = new Map<string, SourceState>();
  readonly #held = new Map<number, HeldRequest>();
  #ids = 0;
  #outcomes: AppendOutcome[] = [];
  passed: GapPassed[] = [];

  append(requests: readonly AppendRequest[], nowMs: number): readonly AppendOutcome[] {
    this.#outcomes = [];
    this.passed = [];
    const firstId = this.#ids;
    for (const request of requests) this.#take(request, nowMs, firstId);
    return this.#outcomes;
  }

  passGaps(nowMs: number): void {
    this.passed = [];
    for (const [source, state] of this.#sources) {
      const decision = passDue(state, nowMs);
      this.#sources.set(source, decision.state);
      for (const range of decision.passed) this.passed.push({ source, ...range });
      for (const id of decision.released) this.#release(id, this.#ids);
    }
  }

  #take(request: AppendRequest, nowMs: number, firstId: number): void {
    const key = request.dedupe && `${request.dedupe.source}/${request.dedupe.externalId}`;
    const taken = key === undefined ? undefined : this.#taken.get(key);
    if (taken) {
      this.#outcomes.push({ kind: "duplicate", seq: taken.seq });
      return;
    }
    if (!request.order) {
      this.#outcomes.push({ kind: "appended", seq: this.#write(request) });
      return;
    }
    const { source } = request.order;
    const heldId = ++this.#ids;
    const decision = arrive(this.#sources.get(source), { ...request.order, nowMs, heldId });
    this.#sources.set(source, decision.state);
    for (const range of decision.passed) this.passed.push({ source, ...range });
    for (const id of decision.before) this.#release(id, firstId);
    if (decision.arrival === "append") this.#outcomes.push({ kind: "appended", seq: this.#write(request) });
    else {
      if (key !== undefined) this.#taken.set(key, { seq: null });
      this.#held.set(heldId, { request, outcomeAt: this.#outcomes.length });
      this.#outcomes.push({ kind: "held" });
    }
    for (const id of decision.after) this.#release(id, firstId);
  }

  /** `firstId`: messages held under a larger id came in this very append, and are reported as appended. */
  #release(id: number, firstId: number): void {
    const held = this.#held.get(id);
    if (!held) throw new Error(`nothing is held as ${id}`);
    this.#held.delete(id);
    const seq = this.#write(held.request);
    if (id > firstId) this.#outcomes[held.outcomeAt] = { kind: "appended", seq };
  }

  #write(request: AppendRequest): number {
    const bodies = this.bodies.get(request.shard) ?? [];
    bodies.push(request.body);
    this.bodies.set(request.shard, bodies);
    if (request.dedupe) {
      this.#taken.set(`${request.dedupe.source}/${request.dedupe.externalId}`, { seq: bodies.length });
    }
    return bodies.length;
  }
}

const request: fc.Arbitrary<AppendRequest> = fc
  .record({
    n: fc.integer({ min: 1, max: 12 }),
    half: fc.integer({ min: 0, max: 1 }),
    source: fc.constantFrom("tg", "wa"),
    dedupe: fc.boolean(),
    order: fc.boolean(),
  })
  .map(({ n, half, source, dedupe, order }) =>
    message(`${source}${n}`, {
      // Each source has shards of its own: in which order several sources pass their gaps is not promised.
      shard: source === "tg" ? half : 2 + half,
      ...(dedupe && { dedupe: { source, externalId: `${n}` } }),
      ...(order && { order: { source, externalSeq: n, gapWaitMs: 1_000 } }),
    }),
  );

const step: fc.Arbitrary<Step> = fc.record({
  requests: fc.array(request, { maxLength: 8 }),
  before: fc.constantFrom("nothing", "nothing", "nothing", "pass gaps", "keep house", "reopen"),
  afterMs: fc.integer({ min: 0, max: 800 }),
});

/**
 * Registers a property-based test: whatever is appended in whatever order, a store's log holds what a naive one holds. Beside
 * `storeContract`, and not behind the folder's door, because it needs fast-check.
 */
export function storeModelContract(name: string, createFixture: CreateFixture, runs = 60): void {
  test(`${name} keeps the log that a naive model keeps`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) => follow(createFixture, steps)),
      { numRuns: runs },
    );
  }, 60_000);
}

async function follow(createFixture: CreateFixture, steps: readonly Step[]): Promise<void> {
  await using fixture = await createFixture({ shardCount: SHARD_COUNT });
  const model = new NaiveLog();
  let store = await fixture.open();
  let nowMs = T0;
  let houseMs = T0;
  for (const { requests, before, afterMs } of steps) {
    nowMs += afterMs;
    if (before === "reopen") store = await fixture.open();
    if (before === "keep house") {
      houseMs += 2 * HOUR;
      await store.maintain({ ...POLICY, keepMs: 100 * HOUR }, houseMs);
    }
    if (before === "pass gaps") await passGaps(store, model, nowMs);
    const result = await store.append(requests, nowMs);
    expect(result.outcomes).toEqual([...model.append(requests, nowMs)]);
    expect(result.passed).toEqual(model.passed);
  }
  for (const shard of [0, 1, 2, 3]) {
    const read = await store.read([{ shard, stream: "in", after: 0 }], 1_000);
    expect(read.map((row) => row.body)).toEqual(model.bodies.get(shard) ?? []);
    expect(read.map((row) => row.seq)).toEqual(read.map((_, i) => i + 1));
  }
}

async function passGaps(store: Store, model: NaiveLog, nowMs: number): Promise<void> {
  model.passGaps(nowMs);
  const { passed } = await store.passGaps(nowMs);
  const bySource = (a: GapPassed, b: GapPassed) => a.source.localeCompare(b.source) || a.fromSeq - b.fromSeq;
  expect([...passed].sort(bySource)).toEqual(model.passed.sort(bySource));
}
