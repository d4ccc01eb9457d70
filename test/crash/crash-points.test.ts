/** A process is killed at each point where it could hurt most, and started again; then everything must be there, in order, once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SQL } from "bun";
import { PostgresStore } from "../../src/adapters/postgres/index.ts";
import { SqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { Store } from "../../src/store/index.ts";
import { requireService, serviceTitle } from "../../src/testing/index.ts";
import { temporaryFolder } from "../node/node-process.ts";
import type { ChildPlan } from "./crash-child.ts";

const CHILD = join(import.meta.dir, "crash-child.ts");
const KEYS = 10;
const PER_KEY = 6;
const ALL = KEYS * PER_KEY;

interface Place {
  /** What the child opens. */
  readonly store: string;
  open(): Store;
  remove(): Promise<void>;
}

/** Runs a child until it halts, and kills it there; or until it is done. */
async function run(plan: ChildPlan): Promise<void> {
  const env = { ...process.env, CRASH_PLAN: JSON.stringify(plan) };
  const child = Bun.spawn([process.execPath, CHILD], { env, stdout: "pipe", stderr: "inherit" });
  const expected = plan.point === undefined ? "done" : `halted ${plan.point}`;
  for await (const chunk of child.stdout) {
    expect(new TextDecoder().decode(chunk).split("\n")[0]).toBe(expected);
    break;
  }
  child.kill("SIGKILL");
  await child.exited;
}

async function handled(store: Store): Promise<readonly string[]> {
  const rows = await store.query({
    text: ["select guest, number, after_number from handled order by guest, number"],
    values: [],
  });
  return rows.map((row) => `${row.guest} ${row.number} after ${row.after_number}`);
}

/** Each key's numbers, each after the one before it. `late`: a number that was redriven, and so came last. */
function inOrder(late?: number): readonly string[] {
  return Array.from({ length: KEYS }, (_, key) => {
    const numbers = Array.from({ length: PER_KEY }, (_, i) => i + 1).filter((number) => number !== late);
    if (late !== undefined) numbers.push(late);
    return numbers
      .map((number, i) => ({ number, after: i === 0 ? 0 : numbers[i - 1] }))
      .sort((a, b) => a.number - b.number)
      .map(({ number, after }) => `key-${key} ${number} after ${after}`);
  }).flat();
}

function crashPoints(title: string, place: () => Promise<Place>): void {
  describe(title, () => {
    const base = { keys: KEYS, perKey: PER_KEY, version: 1, until: ALL } as const;

    async function check(place: Place, expected: readonly string[]): Promise<void> {
      const store = place.open();
      await store.start();
      expect(await handled(store)).toEqual([...expected]);
      await store.stop();
    }

    test.each([
      ["after the append, before anybody hears of it", "after append", 2],
      ["before a commit, with work done", "before commit", 1],
      ["after a commit, before the wake-up", "after commit", 1],
      ["in a takeover, before the leases are known", "after acquire", 0],
    ] as const)("killed %s", async (_when, point, skip) => {
      const here = await place();
      await run({ ...base, memberId: "first", store: here.store, point, skip });
      await run({ ...base, memberId: "second", store: here.store, evict: "first" });
      await check(here, inOrder());
      await here.remove();
    });

    test("killed in the migration of a state", async () => {
      const here = await place();
      const half = { ...base, perKey: 3, until: KEYS * 3 };
      await run({ ...half, memberId: "old", store: here.store });
      await run({ ...base, memberId: "first", store: here.store, version: 2, point: "in migrate", evict: "old" });
      await run({ ...base, memberId: "second", store: here.store, version: 2, evict: "first" });
      await check(here, inOrder());
      const store = here.open();
      await store.start();
      const states = await store.readStates(
        Array.from({ length: KEYS }, (_, i) => ({ target: "counter", key: `key-${i}` })),
      );
      expect(states.map((state) => [state?.version, state?.body])).toEqual(
        Array.from({ length: KEYS }, () => [2, JSON.stringify({ last: PER_KEY, migrations: 1 })]),
      );
      await store.stop();
      await here.remove();
    });

    test.each(["before redrive commit", "after redrive commit"] as const)("killed %s", async (point) => {
      const here = await place();
      const poisoned = { ...base, poison: 2, until: ALL - KEYS };
      await run({ ...poisoned, memberId: "old", store: here.store });
      await run({ ...base, memberId: "first", store: here.store, redrive: true, point, evict: "old" });
      await run({ ...base, memberId: "second", store: here.store, redrive: true, evict: "first" });
      await check(here, inOrder(2));
      await here.remove();
    });
  });
}

crashPoints("a worker on SQLite", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "godwit.db");
  return { store: path, open: () => new SqliteStore({ path }), remove: () => rm(folder, { recursive: true }) };
});

const postgres = await requireService("postgres");
describe.skipIf(postgres.kind === "missing")(serviceTitle("crash points", postgres), () => {
  const address = postgres.kind === "available" ? postgres.address : "postgres://unreachable/none";
  const admin = new SQL(address, { max: 1 });
  let made = 0;
  beforeAll(() => admin.connect());
  afterAll(() => admin.close());

  crashPoints("a worker on PostgreSQL", async () => {
    const name = `godwit_crash_${process.pid}_${++made}`;
    await admin.unsafe(`create database ${name}`);
    const url = new URL(address);
    url.pathname = `/${name}`;
    return {
      store: url.href,
      open: () => new PostgresStore({ url: url.href }),
      remove: async () => {
        await admin.unsafe(`drop database ${name} with (force)`);
      },
    };
  });
});
