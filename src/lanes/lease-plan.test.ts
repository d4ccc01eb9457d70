import { describe, expect, test } from "bun:test";
import { planLeases } from "./lease-plan.ts";

const leases = (...shards: number[]): { shard: number; epoch: number }[] =>
  shards.map((shard) => ({ shard, epoch: 1 }));
const none = new Set<number>();

describe("planLeases", () => {
  test("a member alone takes everything", () => {
    expect(planLeases({ liveMembers: 1, held: [] }, [], none, 8)).toEqual({
      lost: [],
      acquire: 8,
      handBack: [],
      short: true,
    });
  });

  test("a member with more than its share hands the excess back, and not what it is handing back already", () => {
    const held = leases(0, 1, 2, 3, 4, 5, 6, 7);
    expect(planLeases({ liveMembers: 2, held }, held, none, 8).handBack).toEqual([4, 5, 6, 7]);
    expect(planLeases({ liveMembers: 2, held }, held, new Set([4, 5]), 8).handBack).toEqual([6, 7]);
    expect(planLeases({ liveMembers: 2, held }, held, new Set([4, 5, 6, 7]), 8).handBack).toEqual([]);
  });

  test("an uneven number is rounded up, so that no shard is left over", () => {
    expect(planLeases({ liveMembers: 3, held: [] }, [], none, 8).acquire).toBe(3);
  });

  test("a member that may hold only some shards takes its share of these, and hands back the others", () => {
    const held = leases(0, 1, 2, 3);
    const plan = planLeases({ liveMembers: 1, held }, held, none, 8, new Set([2, 3, 4]));
    expect(plan).toEqual({ lost: [], acquire: 1, handBack: [0, 1], short: true });
    const halves = planLeases({ liveMembers: 2, held }, held, none, 8, new Set([0, 1, 2, 3]));
    expect(halves).toEqual({ lost: [], acquire: 0, handBack: [2, 3], short: false });
  });

  test("what the store no longer counts as ours, or under another epoch, is lost", () => {
    const held = leases(0, 1, 2);
    const plan = planLeases(
      {
        liveMembers: 1,
        held: [
          { shard: 0, epoch: 1 },
          { shard: 1, epoch: 2 },
        ],
      },
      held,
      none,
      3,
    );
    expect(plan.lost).toEqual([1, 2]);
    expect(plan.acquire).toBe(2);
  });
});
