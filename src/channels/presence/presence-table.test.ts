import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PresenceEntry } from "./presence-entry.ts";
import { type PresenceDelta, type PresenceSnapshot, PresenceTable } from "./presence-table.ts";

type Word = PresenceDelta | PresenceSnapshot;

const newTable = (replica: string): PresenceTable => new PresenceTable(replica, () => {});

/** Random life of one replica: tracks, untracks and updates, with a delta taken now and then. */
function live(replica: string, steps: readonly number[]): { readonly table: PresenceTable; readonly words: Word[] } {
  const table = newTable(replica);
  const refs: string[] = [];
  const words: Word[] = [];
  for (const step of steps) {
    const kind = step % 5;
    const at = step % Math.max(1, refs.length);
    if (kind < 2) refs.push(table.track(`t${step % 3}`, `k${step % 7}`, { step }).ref);
    else if (kind === 2) table.untrack(refs.splice(at, 1));
    else if (kind === 3 && refs.length > 0) {
      const [old] = refs.splice(at, 1);
      refs.push(table.track(`t${step % 3}`, `k${step % 7}`, { step }, old).ref);
    } else {
      const delta = table.takeDelta();
      if (delta) words.push(delta);
      if (step % 2 === 0) words.push(table.snapshot());
    }
  }
  const last = table.takeDelta();
  if (last) words.push(last);
  words.push(table.snapshot());
  return { table, words };
}

const topics = (table: PresenceTable): unknown => ["t0", "t1", "t2"].map((topic) => sorted(table.list(topic)));

function sorted(state: ReturnType<PresenceTable["list"]>): unknown {
  return Object.entries(state)
    .map(([key, { metas }]) => [key, metas.map(({ phx_ref }) => phx_ref as string).sort()])
    .sort();
}

const life = fc.array(fc.nat(1_000), { maxLength: 60 });

describe("merging", () => {
  test("converges whatever the order, however often, and whatever was lost before a snapshot", () => {
    fc.assert(
      fc.property(life, life, fc.infiniteStream(fc.nat()), (one, other, dice) => {
        const [a, b] = [live("a", one), live("b", other)];
        const roll = (below: number) => (dice.next().value as number) % below;
        const words = [...a.words, ...b.words].filter(() => roll(4) > 0);
        const shuffled = [...words, ...words].sort(() => roll(3) - 1);
        const seen = newTable("c");
        for (const word of shuffled) seen.merge(word);
        seen.merge(a.table.snapshot());
        seen.merge(b.table.snapshot());
        a.table.merge(b.table.snapshot());
        b.table.merge(a.table.snapshot());
        expect(topics(seen)).toEqual(topics(a.table));
        expect(topics(a.table)).toEqual(topics(b.table));
      }),
    );
  });

  test("is idempotent: what is known is stale", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const { table, words } = live("a", steps);
        const seen = newTable("b");
        seen.merge(table.snapshot());
        const before = topics(seen);
        for (const word of words) expect(seen.merge(word)).toBe("stale");
        expect(topics(seen)).toEqual(before);
      }),
    );
  });

  test("deltas alone suffice when none is lost", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const { table, words } = live("a", steps);
        const seen = newTable("b");
        for (const word of words) if ("joins" in word) expect(seen.merge(word)).toBe("applied");
        expect(topics(seen)).toEqual(topics(table));
      }),
    );
  });

  test("a delta after a gap says so and changes nothing", () => {
    const table = newTable("a");
    table.track("t0", "k", {});
    table.takeDelta();
    table.track("t0", "k", {});
    const second = table.takeDelta() as PresenceDelta;
    const seen = newTable("b");
    expect(seen.merge(second)).toBe("gap");
    expect(seen.size).toBe(0);
    expect(seen.merge(table.snapshot())).toBe("applied");
    expect(seen.size).toBe(2);
  });

  test("the listener hears of each entry's beginning and end once", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const { words } = live("a", steps);
        const alive = new Set<string>();
        const hear = (joined: readonly PresenceEntry[], left: readonly PresenceEntry[]) => {
          for (const { ref } of left) expect(alive.delete(ref)).toBe(true);
          for (const { ref } of joined) {
            expect(alive.has(ref)).toBe(false);
            alive.add(ref);
          }
        };
        const seen = new PresenceTable("b", hear);
        for (const word of words) seen.merge(word);
        expect(alive.size).toBe(seen.size);
      }),
    );
  });
});

describe("a replica that dies", () => {
  test("takes all its entries with it, and late words of it bring none back", () => {
    fc.assert(
      fc.property(life, (steps) => {
        const { table, words } = live("a", steps);
        const seen = newTable("b");
        seen.merge(table.snapshot());
        seen.remove("a");
        expect(seen.size).toBe(0);
        for (const word of words) expect(seen.merge(word)).toBe("stale");
        expect([seen.size, seen.replicas]).toEqual([0, []]);
      }),
    );
  });

  test("was only thought dead: comes back as its next incarnation", () => {
    const table = newTable("a");
    table.track("t0", "k", { n: 1 });
    const seen = newTable("b");
    seen.merge(table.snapshot());
    seen.remove("a", 1);
    table.remove("a", 1);
    expect(seen.merge(table.snapshot())).toBe("applied");
    expect(sorted(seen.list("t0"))).toEqual(sorted(table.list("t0")));
    table.remove("a", 1);
    expect(table.snapshot().incarnation).toBe(2);
  });

  test("two tables that learn of it in different order agree", () => {
    const table = newTable("a");
    table.track("t0", "k", {});
    const [early, late] = [newTable("b"), newTable("c")];
    early.remove("a", 1);
    early.merge(table.snapshot());
    late.merge(table.snapshot());
    late.remove("a", 1);
    expect([early.size, late.size]).toEqual([0, 0]);
  });
});

test("keys that could reach into a prototype are keys like any other", () => {
  const table = newTable("a");
  table.track("t0", "__proto__", { n: 1 });
  expect(Object.keys(table.list("t0"))).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>).metas).toBeUndefined();
});
