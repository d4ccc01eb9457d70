import { describe, expect, test } from "bun:test";
import { hash32 } from "./hash.ts";

describe("the hash that places keys", () => {
  test("never changes: keys of old stores would be lost", () => {
    expect(["", "a", "telegram:42", "ключ", "🐦"].map(hash32)).toEqual([
      2872998923, 444641715, 618886547, 3185335672, 1580336931,
    ]);
  });

  test("spreads similar keys evenly", () => {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++)
      counts[hash32(`telegram:${i}`) % 64] = (counts[hash32(`telegram:${i}`) % 64] ?? 0) + 1;
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.35);
  });
});
