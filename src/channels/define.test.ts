import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { type ChannelDefinition, channel } from "./define.ts";
import { manifestOf } from "./host/manifest-of.ts";
import { matchesPattern } from "./pattern.ts";

/** Fails to compile unless both types are the same. */
function sameType<A, B>(
  _proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false,
): void {}

describe("patterns", () => {
  test("take a topic, or all that begin so", () => {
    expect(matchesPattern("room:*", "room:1")).toBe(true);
    expect(matchesPattern("room:*", "room:")).toBe(true);
    expect(matchesPattern("room:*", "rooms:1")).toBe(false);
    expect(matchesPattern("lobby", "lobby")).toBe(true);
    expect(matchesPattern("lobby", "lobby2")).toBe(false);
    expect(matchesPattern("*", "anything")).toBe(true);
  });

  test.each(["", "a*b", "*:a", "phoenix"])("%p is refused when it is defined", (pattern) => {
    expect(() => channel(pattern)).toThrow("channel pattern: expected");
  });
});

test.each([0, -1, 1.5, "soon"])("history.keep: %p is refused when it is defined", (keep) => {
  expect(() => channel("a", { history: { keep } })).toThrow("channel a: history.keep: expected");
});

test("a gateway is told what it must know, as plain data", () => {
  const channels: ChannelDefinition[] = [
    channel("a:*", {
      history: { keep: 10 },
      presence: true,
      intercept: { said: (payload) => payload },
    }) as ChannelDefinition,
    channel("b", { history: { keep: "1 hour" } }) as ChannelDefinition,
  ];
  const manifest = manifestOf(channels);
  expect(manifest).toEqual({
    authorizesConnect: false,
    channels: [
      { pattern: "a:*", history: { count: 10 }, presence: true, intercepts: ["said"] },
      { pattern: "b", history: { ageMs: 3_600_000 }, presence: false, intercepts: [] },
    ],
  });
  expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
});

test("types of topics, params, payloads, assigns and replies are inferred from the definition", () => {
  const room = channel("room:*", {
    params: z.object({ user: z.string() }),
    events: { say: z.object({ text: z.string() }) },
    join(params, socket) {
      sameType<typeof params, { user: string }>(true);
      sameType<typeof socket.topic, `room:${string}`>(true);
      return socket.allow({ user: params.user, count: 0 });
    },
    on: {
      say({ text }, socket) {
        sameType<typeof text, string>(true);
        sameType<typeof socket.assigns.count, number>(true);
        return { length: text.length };
      },
      other(payload) {
        sameType<typeof payload, Readonly<Record<string, unknown>>>(true);
      },
    },
  });
  sameType<typeof room.pattern, "room:*">(true);
  sameType<NonNullable<typeof room.types>["replies"]["say"], { length: number }>(true);
  expect(room.pattern).toBe("room:*");
});
