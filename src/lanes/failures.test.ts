import { describe, expect, test } from "bun:test";
import { type ErrorRecord, messageId } from "../store/index.ts";
import { discardRequest, pauseRequest, redriveRequest, resumeRequest } from "./index.ts";
import { bodyOf, DONE, LaneWorld, noted, target } from "./lane-fixture.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seen = (list: readonly unknown[]): string => JSON.stringify({ seen: list });

/** Notes every try as `key body`, and fails while `fails` says so. */
function tried(
  tries: string[],
  fails: (body: unknown, attempt: number) => boolean,
  overrides = {},
): ReturnType<typeof target> {
  return target((run) => {
    tries.push(`${run.message.key} ${bodyOf(run)}`);
    if (fails(bodyOf(run), run.attempt)) throw new Error(`no to ${bodyOf(run)}`);
    return noted(run);
  }, overrides);
}

async function only(world: LaneWorld, key = "a"): Promise<string> {
  return JSON.stringify(await world.state(key));
}

describe("retries", () => {
  test("a key waits for its failing message and keeps its order, while other keys go on", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1, 2, 3]);
    await world.send("b", [1, 2]);
    const failsTwiceForA = (body: unknown, attempt: number): boolean =>
      body === 1 && attempt < 3 && tries.at(-1) === "a 1";
    await world.worker([tried(tries, failsTwiceForA)]);
    await world.until(async () => (await only(world, "b")) === seen([1, 2]), 0);
    expect(await world.state("a")).toBeUndefined();
    await world.until(async () => (await only(world)) === seen([1, 2, 3]));
    expect(tries.filter((line) => line.startsWith("a"))).toEqual(["a 1", "a 1", "a 1", "a 2", "a 3"]);
    await world.until(async () => (await world.laneStatuses()).length === 0);
  });

  test("messages that come while a key waits are handled after it, in order", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1, 2]);
    await world.worker([tried(tries, (body, attempt) => body === 1 && attempt === 1)]);
    await world.until(async () => (await world.laneStatuses()).length === 1, 0);
    await world.send("a", [3, 4]);
    await world.until(async () => (await only(world)) === seen([1, 2, 3, 4]));
    await world.send("a", [5]);
    await world.until(async () => (await only(world)) === seen([1, 2, 3, 4, 5]));
    expect(tries).toEqual(["a 1", "a 1", "a 2", "a 3", "a 4", "a 5"]);
  });

  test("the cursor passes a key that waits", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", numbers(5));
    await world.worker([tried([], (body) => body === 1)]);
    await world.until(async () => (await world.store.shards())[0]?.cursor.in === 5, 0);
    expect(await world.laneStatuses()).toEqual(["actor/a retrying"]);
  });

  test("a retry outcome names its own wait, and a free one costs no try", async () => {
    await using world = await LaneWorld.open(1);
    const attempts: number[] = [];
    const actor = target((run) => {
      attempts.push(run.attempt);
      const error = new Error("slow down");
      if (attempts.length <= 5) return { kind: "retry", error, afterMs: 50, free: true };
      return attempts.length === 6 ? { kind: "retry", error, afterMs: 50 } : noted(run);
    });
    await world.send("a", [1]);
    await world.worker([actor]);
    await world.until(async () => (await only(world)) === seen([1]), 10);
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1, 2]);
  });

  test("tries are remembered by the next holder", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1, 2]);
    const first = await world.worker([tried(tries, () => true, { retry: patient(2) })]);
    await world.until(async () => (await world.laneStatuses()).length === 1, 0);
    await first.stop();
    await world.worker([tried(tries, (body) => body === 1, { retry: patient(2) })], { memberId: "w2" });
    await world.until(async () => (await only(world)) === seen([2]), 1_000);
    expect(tries).toEqual(["a 1", "a 1", "a 2"]);
    expect(await world.deadLetters()).toEqual(["a 1 dead 2"]);
  });
});

function patient(attempts: number): ReturnType<typeof target>["retry"] {
  return { attempts, backoff: { baseMs: 1_000, capMs: 10_000 }, retryable: () => true };
}

describe("dead letters", () => {
  test("after the last try the message is dead, with its error, and the key goes on", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1, 2]);
    await world.worker([tried(tries, (body) => body === 1)]);
    await world.until(async () => (await only(world)) === seen([2]), 1_000);
    expect(tries).toEqual(["a 1", "a 1", "a 1", "a 2"]);
    const { rows } = await world.store.deadLetters({}, { limit: 10 });
    expect(rows).toHaveLength(1);
    const error = JSON.parse(rows[0]?.error ?? "null") as ErrorRecord;
    expect(error).toMatchObject({ name: "Error", message: "no to 1" });
    expect(error.stack).toContain("failures.test.ts");
    await world.until(async () => (await world.laneStatuses()).length === 0);
  });

  test("an error that is not retryable kills at once, without leaving the stream", async () => {
    await using world = await LaneWorld.open(1);
    const retry = { ...patient(5), retryable: () => false };
    await world.send("a", [1, 2]);
    await world.worker([tried([], (body) => body === 1, { retry })]);
    await world.until(async () => (await only(world)) === seen([2]), 0);
    expect(await world.deadLetters()).toEqual(["a 1 dead 1"]);
    expect(await world.laneStatuses()).toEqual([]);
  });

  test("a dead outcome kills at once, even where the policy would try again", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    await world.worker([target(() => ({ kind: "dead", error: new Error("gone") }))]);
    await world.until(async () => (await world.deadLetters()).length === 1, 0);
  });

  test("with onDead halt the key stops until a person resumes it; others go on", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1, 2, 3]);
    await world.send("b", [1]);
    const worker = await world.worker([
      tried(tries, (body) => body === 2, { onDead: "halt", retry: { ...patient(1) } }),
    ]);
    await world.until(async () => (await only(world, "b")) === seen([1]), 0);
    await world.until(async () => (await world.laneStatuses()).length === 1, 0);
    expect(await world.laneStatuses()).toEqual(["actor/a halted"]);
    await world.clock.advanceAsync(100_000);
    expect(await only(world)).toBe(seen([1]));
    await world.append([resumeRequest({ stream: "in", target: "actor", key: "a" }, 1)]);
    worker.wake([0]);
    await world.until(async () => (await only(world)) === seen([1, 3]));
    await world.until(async () => (await world.laneStatuses()).length === 0);
  });

  test("a redriven message keeps its identity, runs before what waits, and a double redrive runs it once", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    let broken = true;
    await world.send("a", [1, 2, 3]);
    await world.worker([tried(tries, (body) => body === 2 && broken, { onDead: "halt", retry: patient(1) })]);
    await world.until(async () => (await world.deadLetters()).length === 1, 0);
    broken = false;
    const [letter] = (await world.store.deadLetters({}, { limit: 1 })).rows;
    if (!letter) throw new Error("no dead letter");
    const lane = { stream: "in", target: "actor", key: "a" } as const;
    await world.append([redriveRequest(letter, "fixed"), redriveRequest(letter), resumeRequest(lane, 1)]);
    await world.until(async () => (await only(world)) === seen([1, 2, 3]));
    await world.append([redriveRequest(letter)]);
    await world.clock.advanceAsync(5_000);
    expect(tries).toEqual(["a 1", "a 2", "a 2", "a 3"]);
    expect(await world.store.deadLetter(letter)).toMatchObject({
      status: "redriven",
      reason: "fixed",
      seq: letter.seq,
    });
  });

  test("a redriven message that dies again is a dead letter again", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    await world.worker([tried([], () => true, { retry: patient(1) })]);
    await world.until(async () => (await world.deadLetters()).length === 1, 0);
    const [letter] = (await world.store.deadLetters({}, { limit: 1 })).rows;
    if (!letter) throw new Error("no dead letter");
    const deaths: string[] = [];
    world.events.on("message.dead", ({ id }) => deaths.push(id));
    await world.append([redriveRequest(letter)]);
    await world.until(() => deaths.length === 1);
    expect(deaths).toEqual([messageId(letter)]);
    expect(await world.deadLetters()).toEqual(["a 1 dead 1"]);
  });

  test("a discarded message stays with its reason, and can no longer be redriven", async () => {
    await using world = await LaneWorld.open(1);
    const tries: string[] = [];
    await world.send("a", [1]);
    await world.worker([tried(tries, () => true, { retry: patient(1) })]);
    await world.until(async () => (await world.deadLetters()).length === 1, 0);
    const [letter] = (await world.store.deadLetters({}, { limit: 1 })).rows;
    if (!letter) throw new Error("no dead letter");
    await world.append([discardRequest(letter, "a test"), redriveRequest(letter)]);
    await world.until(async () => (await world.store.deadLetter(letter))?.status === "discarded");
    await world.clock.advanceAsync(5_000);
    expect(tries).toEqual(["a 1"]);
    expect((await world.store.deadLetter(letter))?.reason).toBe("a test");
  });
});

describe("pausing", () => {
  test("a paused key waits, also over a takeover, and goes on in order when it is resumed", async () => {
    await using world = await LaneWorld.open(1);
    const lane = { stream: "in", target: "actor", key: "a" } as const;
    await world.send("a", [1]);
    const first = await world.worker([target(noted)]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await world.append([pauseRequest(lane, 1), pauseRequest(lane, 1)]);
    await world.until(async () => (await world.laneStatuses()).length === 1);
    await world.send("a", [2, 3]);
    await world.clock.advanceAsync(5_000);
    await first.stop();
    await world.worker([target(noted)], { memberId: "w2" });
    await world.send("a", [4]);
    await world.clock.advanceAsync(5_000);
    expect(await only(world)).toBe(seen([1]));
    expect(await world.laneStatuses()).toEqual(["actor/a paused"]);
    await world.append([resumeRequest(lane, 1)]);
    await world.until(async () => (await only(world)) === seen([1, 2, 3, 4]));
  });
});

describe("timeouts", () => {
  test("a handler past its time loses its effects, and the next try runs; its late result is ignored", async () => {
    await using world = await LaneWorld.open(1);
    const first = Promise.withResolvers<void>();
    const late: string[] = [];
    world.events.on("message.late-result-ignored", ({ id }) => late.push(id));
    const timedOut = world.events.next("handler.timed-out");
    const actor = target(
      async (run) => {
        run.at("ctx.ask");
        if (run.attempt === 1) await first.promise;
        run.state.seen.push(`try ${run.attempt}`);
        return { kind: "done", effects: { state: { value: run.state } } };
      },
      { timeoutMs: 5_000 },
    );
    await world.send("a", [1]);
    await world.worker([actor]);
    await world.until(async () => (await only(world)) === seen(["try 2"]), 100);
    expect(await timedOut).toMatchObject({ key: "a", afterMs: 5_000, operation: "ctx.ask" });
    first.resolve();
    await world.until(() => late.length === 1, 1);
    await world.clock.advanceAsync(10_000);
    expect(await only(world)).toBe(seen(["try 2"]));
  });

  test("the record says which message, how long, and where the handler stood", async () => {
    await using world = await LaneWorld.open(1);
    const actor = target(
      (run) => {
        run.at("ctx.ask");
        return new Promise(() => {});
      },
      { timeoutMs: 5_000, retry: patient(1) },
    );
    await world.send("a", [1]);
    await world.worker([actor]);
    await world.until(async () => (await world.deadLetters()).length === 1, 500);
    const [letter] = (await world.store.deadLetters({}, { limit: 1 })).rows;
    const error = JSON.parse(letter?.error ?? "null") as ErrorRecord;
    expect(error.code).toBe("handler_timeout");
    expect(error.message).toBe("actor did not finish m0-1 within 5000 ms; it stood at ctx.ask");
    expect(error.stack).toContain("failures.test.ts");
  });

  test("a handler that stands still keeps no other key waiting", async () => {
    await using world = await LaneWorld.open(1);
    const actor = target((run) => (run.message.key === "stuck" ? new Promise(() => {}) : noted(run)));
    await world.send("stuck", [1, 2]);
    await world.send("a", numbers(100));
    await world.worker([actor]);
    await world.until(async () => (await only(world)) === seen(numbers(100)), 0);
  });
});

describe("user SQL", () => {
  test("a statement that the database refuses fails its message alone; the rest of the commit stands", async () => {
    await using world = await LaneWorld.open(1);
    await world.store.setUp(["create table visits (guest text not null unique)"]);
    const actor = target((run) => {
      const guest = String(bodyOf(run));
      const outcome = noted(run);
      const sql = [{ text: ["insert into visits (guest) values (", ")"], values: [guest] }];
      return outcome.kind === "done" ? { kind: "done", effects: { ...outcome.effects, sql } } : outcome;
    });
    await world.send("a", ["x", "y", "x", "z"]);
    await world.send("b", ["b1", "b2"]);
    await world.worker([actor]);
    await world.until(async () => (await only(world)) === seen(["x", "y", "z"]), 1_000);
    expect(await only(world, "b")).toBe(seen(["b1", "b2"]));
    expect(await world.deadLetters()).toEqual(['a "x" dead 3']);
    const rows = await world.store.query({ text: ["select guest from visits order by guest"], values: [] });
    expect(rows.map((row) => row.guest)).toEqual(["b1", "b2", "x", "y", "z"]);
  });
});

describe("state versions", () => {
  const versioned = (version: number, migrate: (state: unknown, from: number) => unknown): ReturnType<typeof target> =>
    target(noted, {
      state: { version, initial: () => ({ seen: [] }), migrate, validate: (state) => state },
    });

  test("an older state is migrated before it is used", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    const old = await world.worker([versioned(1, (state) => state)]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await old.stop();
    await world.send("a", [2]);
    const migrate = (_: unknown, from: number): unknown => ({ seen: [`from ${from}`] });
    await world.worker([versioned(2, migrate)], { memberId: "w2" });
    await world.until(async () => (await only(world)) === seen(["from 1", 2]));
    expect((await world.store.readStates([{ target: "actor", key: "a" }]))[0]?.version).toBe(2);
  });

  test("a state that cannot be migrated parks its key, overwrites nothing, and newer code goes on by itself", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    const old = await world.worker([versioned(1, (state) => state)]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await old.stop();
    await world.send("a", [2, 3]);
    await world.send("b", [1]);
    const broken = versioned(2, () => {
      throw new Error("cannot");
    });
    const second = await world.worker([broken], { memberId: "w2" });
    await world.until(async () => (await world.laneStatuses()).length === 1);
    expect(await world.laneStatuses()).toEqual(["actor/a unmigratable"]);
    expect(await only(world)).toBe(seen([1]));
    await world.until(async () => (await only(world, "b")) === seen([1]));
    await second.stop();
    await world.worker([versioned(3, (state) => state)], { memberId: "w3" });
    await world.until(async () => (await only(world)) === seen([1, 2, 3]));
    await world.until(async () => (await world.laneStatuses()).length === 0);
  });

  test("a state of newer code is not touched by older code", async () => {
    await using world = await LaneWorld.open(1);
    await world.send("a", [1]);
    const newer = await world.worker([versioned(2, (state) => state)]);
    await world.until(async () => (await only(world)) === seen([1]), 0);
    await newer.stop();
    await world.send("a", [2]);
    await world.worker([versioned(1, () => DONE)], { memberId: "w2" });
    await world.until(async () => (await world.laneStatuses()).length === 1);
    const [lane] = (await world.store.lanes({}, { limit: 1 })).rows;
    expect(lane).toMatchObject({ status: "unmigratable", waiting: 1 });
    expect(lane?.error).toContain("state_from_newer_code");
  });
});
