import { expect, test } from "bun:test";
import { ManualClock, SECOND } from "../core/index.ts";
import { type InterestChange, InterestSync } from "./interest-sync.ts";

interface Server {
  readonly sync: InterestSync;
  readonly clock: ManualClock;
  readonly changes: InterestChange[];
  readonly errors: unknown[];
  /** What the next request meets. */
  answer: () => Promise<void>;
}

function server(): Server {
  const clock = new ManualClock();
  const changes: InterestChange[] = [];
  const errors: unknown[] = [];
  const it: Server = {
    clock,
    changes,
    errors,
    answer: async () => {},
    sync: new InterestSync({
      clock,
      apply: (change) => {
        changes.push(change);
        return it.answer();
      },
      onError: (thrown) => errors.push(thrown),
    }),
  };
  return it;
}

test("what is wanted in one tick is asked for at once", async () => {
  const { sync, changes } = server();
  await Promise.all([sync.want("a"), sync.want("b"), sync.want("a")]);
  expect(changes).toEqual([{ added: ["a", "b"], removed: [] }]);
});

test("what is not wanted any more before it was asked for is never asked for", async () => {
  const { sync, changes } = server();
  const a = sync.want("a");
  sync.unwant("a");
  await a;
  await sync.want("b");
  expect(changes).toEqual([{ added: ["b"], removed: [] }]);
});

test("a topic that is dropped while its request is under way is taken back", async () => {
  const it = server();
  const { promise, resolve } = Promise.withResolvers<void>();
  it.answer = () => promise;
  const a = it.sync.want("a");
  await Promise.resolve();
  it.sync.unwant("a");
  resolve();
  await a;
  await it.sync.want("b");
  expect(it.changes.flatMap(({ removed }) => removed)).toEqual(["a"]);
});

test("a request that fails is made again, later, until it holds", async () => {
  const it = server();
  it.answer = () => Promise.reject(new Error("away"));
  const a = it.sync.want("a");
  while (it.errors.length === 0) await Promise.resolve();
  it.answer = async () => {};
  it.clock.advance(SECOND);
  await a;
  expect(it.changes).toEqual([
    { added: ["a"], removed: [] },
    { added: ["a"], removed: [] },
  ]);
});

test("after a reset everything wanted is asked for again, also what was being asked for", async () => {
  const it = server();
  await it.sync.want("a");
  const { promise, resolve } = Promise.withResolvers<void>();
  it.answer = () => promise;
  const b = it.sync.want("b");
  while (it.changes.length < 2) await Promise.resolve();
  const reset = it.sync.reset();
  it.answer = async () => {};
  resolve();
  await Promise.all([b, reset]);
  expect(it.changes.at(-1)).toEqual({ added: ["a", "b"], removed: [] });
});
