import { describe, expect, test } from "bun:test";
import {
  BusyError,
  type EventName,
  Events,
  GodwitError,
  InvalidInputError,
  ManualClock,
  StoreUnavailableError,
} from "../core/index.ts";
import type { AppendOutcome, AppendRequest, AppendResult, ShardStatus } from "../store/index.ts";
import { Appender, type AppenderOptions } from "./index.ts";

/** A store whose appends the test answers one by one. */
class HandStore {
  readonly calls: { requests: readonly AppendRequest[]; answer: (result?: Partial<AppendResult> | Error) => void }[] =
    [];
  #seq = 0;
  #called: (() => void) | undefined;

  async shards(): Promise<readonly ShardStatus[]> {
    return [];
  }

  append(requests: readonly AppendRequest[]): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const answer = (result: Partial<AppendResult> | Error = {}) => {
        if (result instanceof Error) reject(result);
        else
          resolve({
            outcomes: requests.map(() => ({ kind: "appended", seq: ++this.#seq })),
            released: [],
            passed: [],
            ...result,
          });
      };
      this.calls.push({ requests, answer });
      this.#called?.();
    });
  }

  /** Waits for the nth append (from 0). */
  async call(n: number) {
    while (this.calls.length <= n) await new Promise<void>((resolve) => (this.#called = resolve));
    const call = this.calls[n];
    if (!call) throw new Error("no call");
    return call;
  }
}

function setUp(options: Partial<AppenderOptions> = {}) {
  const store = new HandStore();
  const events = new Events();
  const appender = new Appender({ store, events, clock: new ManualClock(), ...options });
  return { store, events, appender };
}

function message(key: string, changes: Partial<AppendRequest> = {}): AppendRequest {
  return { shard: 0, target: "desk", key, body: "{}", meta: null, ...changes };
}

const keysOf = (requests: readonly AppendRequest[]) => requests.map((request) => request.key);

describe("Appender", () => {
  test("appends what concurrent callers bring as one batch, and what comes meanwhile as the next", async () => {
    const { store, appender } = setUp();
    const [a, b] = [appender.append([message("a")]), appender.append([message("b")])];
    const first = await store.call(0);
    expect(keysOf(first.requests)).toEqual(["a", "b"]);
    const [c, d] = [appender.append([message("c")]), appender.append([message("d")])];
    expect(store.calls).toHaveLength(1);
    first.answer();
    expect(await a).toEqual([{ kind: "appended", seq: 1 }]);
    expect(await b).toEqual([{ kind: "appended", seq: 2 }]);
    const second = await store.call(1);
    expect(keysOf(second.requests)).toEqual(["c", "d"]);
    second.answer();
    await Promise.all([c, d]);
  });

  test("gives each caller the outcomes of its own messages, in order", async () => {
    const { store, appender } = setUp();
    const calls = [appender.append([message("a"), message("b")]), appender.append([message("c")])];
    const outcomes: AppendOutcome[] = [
      { kind: "appended", seq: 7 },
      { kind: "held" },
      { kind: "duplicate", seq: null },
    ];
    (await store.call(0)).answer({ outcomes });
    expect(await Promise.all(calls)).toEqual([outcomes.slice(0, 2), outcomes.slice(2)]);
  });

  test("keeps a call together, and begins another batch where one would pass its bound", async () => {
    const { store, appender } = setUp({ batch: { messages: 3, size: 1_000_000 } });
    const calls = ["ab", "cd", "e"].map((keys) => appender.append([...keys].map((key) => message(key))));
    const first = await store.call(0);
    first.answer();
    const second = await store.call(1);
    second.answer();
    await Promise.all(calls);
    expect([keysOf(first.requests), keysOf(second.requests)]).toEqual([
      ["a", "b"],
      ["c", "d", "e"],
    ]);
  });

  test("bounds a batch by its size, yet lets a single large call through", async () => {
    const { store, appender } = setUp({ batch: { messages: 100, size: 10 } });
    const body = JSON.stringify("x".repeat(50));
    const calls = ["a", "b"].map((key) => appender.append([message(key, { body })]));
    (await store.call(0)).answer();
    (await store.call(1)).answer();
    await Promise.all(calls);
    expect(store.calls.map((call) => call.requests.length)).toEqual([1, 1]);
  });

  test("refuses with a retry time when too much is waiting, and takes again once there is room", async () => {
    const { store, appender } = setUp({ waiting: { messages: 2, size: 1_000_000 } });
    const first = appender.append([message("a")]);
    const underWay = await store.call(0);
    const waiting = [appender.append([message("b")]), appender.append([message("c")])];
    const refused = await appender.append([message("d")]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BusyError);
    expect((refused as BusyError).retryAfterMs).toBeGreaterThan(0);
    underWay.answer();
    const next = await store.call(1);
    const taken = appender.append([message("e")]);
    next.answer();
    (await store.call(2)).answer();
    await Promise.all([first, ...waiting, taken]);
    expect(store.calls.flatMap((call) => keysOf(call.requests))).toEqual(["a", "b", "c", "e"]);
  });

  test("fails only the call that is at fault", async () => {
    const { store, appender } = setUp();
    const calls = ["a", "bad", "c", "d"].map((key) => appender.append([message(key)]));
    const settled = Promise.allSettled(calls);
    for (let n = 0; ; n++) {
      const { requests, answer } = await store.call(n);
      const guilty = requests.some((request) => request.key === "bad");
      answer(guilty ? new GodwitError("odd", "this one") : {});
      if (keysOf(requests).includes("d") && !guilty) break;
    }
    expect((await settled).map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });

  test("fails the whole batch when the store is unavailable, and goes on with the next", async () => {
    const { store, appender } = setUp();
    const calls = ["a", "b"].map((key) => appender.append([message(key)]));
    const settled = Promise.allSettled(calls);
    (await store.call(0)).answer(new StoreUnavailableError("away"));
    expect((await settled).map((result) => result.status)).toEqual(["rejected", "rejected"]);
    expect(store.calls).toHaveLength(1);
    const later = appender.append([message("c")]);
    (await store.call(1)).answer();
    expect(await later).toHaveLength(1);
  });

  test("writes what it took before it stops, and takes nothing after", async () => {
    const { store, appender } = setUp();
    const taken = appender.append([message("a")]);
    const stopped = appender.stop();
    (await store.call(0)).answer();
    await Promise.all([stopped, appender.stop()]);
    expect(await taken).toHaveLength(1);
    await expect(appender.append([message("b")])).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  test("says which shards have grown: by new messages and by released ones, not by duplicates", async () => {
    const grown: number[][] = [];
    const { store, appender } = setUp({ onGrown: (shards) => void grown.push([...shards]) });
    const call = appender.append([message("a", { shard: 1 }), message("b", { shard: 2 }), message("c", { shard: 1 })]);
    const released = { ...message("h", { shard: 9 }), stream: "in", seq: 4, acceptedAtMs: 0 } as const;
    const outcomes: AppendOutcome[] = [
      { kind: "appended", seq: 1 },
      { kind: "duplicate", seq: 1 },
      { kind: "appended", seq: 2 },
    ];
    (await store.call(0)).answer({ outcomes, released: [released] });
    await call;
    expect(grown).toEqual([[1, 9]]);
  });

  test("goes on when the wake-up fails, and reports it", async () => {
    const { store, events, appender } = setUp({
      onGrown: () => {
        throw new Error("no link");
      },
    });
    const caught = events.next("error.caught");
    const call = appender.append([message("a")]);
    (await store.call(0)).answer();
    await call;
    expect((await caught).stage).toBe("appender.onGrown");
  });

  test("refuses a malformed message alone, before anything is written", async () => {
    const { store, appender } = setUp();
    await expect(appender.append([message("")])).rejects.toBeInstanceOf(InvalidInputError);
    expect(await appender.append([])).toEqual([]);
    expect(store.calls).toHaveLength(0);
  });

  test("refuses a call larger than a batch", async () => {
    const { appender } = setUp({ batch: { messages: 1, size: 1_000 } });
    await expect(appender.append([message("a"), message("b")])).rejects.toThrow("at most 1 in one append");
  });

  test("tells of batches, accepted, duplicate and held messages, and passed gaps", async () => {
    const { store, events, appender } = setUp();
    const seen: [EventName, unknown][] = [];
    events.onAny((payload, meta) => void seen.push([meta.name, payload]));
    const call = appender.append([
      message("a"),
      message("b", { dedupe: { source: "tg", externalId: "9" } }),
      message("c", { order: { source: "tg", externalSeq: 5, gapWaitMs: 1 } }),
    ]);
    (await store.call(0)).answer({
      outcomes: [{ kind: "appended", seq: 3 }, { kind: "duplicate", seq: 2 }, { kind: "held" }],
      passed: [{ source: "tg", fromSeq: 1, toSeq: 2 }],
    });
    await call;
    expect(seen).toEqual([
      ["messages.appended", { messages: 1, duplicates: 1, held: 1, ms: 0 }],
      ["message.accepted", { id: "m0-3", target: "desk", key: "a" }],
      ["message.duplicate", { target: "desk", key: "b", source: "tg", externalId: "9", id: "m0-2" }],
      ["message.held", { target: "desk", key: "c", source: "tg", externalSeq: 5 }],
      ["source.gap-passed", { source: "tg", fromSeq: 1, toSeq: 2 }],
    ]);
  });
});
