import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { ConfigError, InvalidInputError } from "../core/index.ts";
import { actor, isActor } from "./index.ts";

interface ChatMessage {
  readonly text: string;
}

describe("actor", () => {
  test("infers the state from initial and the message from the annotation, as in the design's example", () => {
    const concierge = actor("concierge", {
      initial: () => ({ greeted: false, orders: 0 }),
      async receive(message: ChatMessage, ctx) {
        if (!ctx.state.greeted) ctx.reply({ text: "Welcome!" });
        ctx.state.greeted = true;
        ctx.broadcast(`chat:${ctx.key}`, "message", message);
        ctx.sql`insert into visits (guest) values (${ctx.key})`;
        ctx.schedule("10 minutes", { kind: "nudge" });
        const orders: number = ctx.state.orders;
        // @ts-expect-error the state has no such field
        ctx.state.nothing;
        return void orders;
      },
    });
    expect(concierge.name).toBe("concierge");
    expect(Object.isFrozen(concierge)).toBe(true);
    expect(isActor(concierge)).toBe(true);
    expect(concierge.definedAt).toContain("definition.test.ts");
  });

  test("infers the message from its schema", () => {
    const counter = actor("counter", {
      message: z.object({ add: z.number() }),
      initial: () => ({ count: 0 }),
      receive(message, ctx) {
        ctx.state.count += message.add;
        // @ts-expect-error the message has no such field
        message.subtract;
      },
    });
    expect(counter.message).toBeDefined();
  });

  test("an actor without a state has none", () => {
    const relay = actor("relay", { receive: (message: ChatMessage, ctx) => ctx.send("other", ctx.key, message) });
    expect(relay.codec).toBeUndefined();
  });

  test("a wrong name, option or value is refused, and says what was expected", () => {
    const receive = (): void => {};
    expect(() => actor("godwit:control", { receive })).toThrow(/actor name: expected a letter/);
    expect(() => actor("a", { receive: "no" as never })).toThrow(/actor a: receive: expected a function/);
    expect(() => actor("a", { receive, retries: 3 } as never)).toThrow(/actor a: retries: expected one of/);
    expect(() => actor("a", { receive, attempts: 0 })).toThrow(/attempts: expected a whole number from 1/);
    expect(() => actor("a", { receive, timeout: "soon" })).toThrow(InvalidInputError);
    expect(() => actor("a", { receive, onDead: "stop" as never })).toThrow(/"continue" or "halt"/);
    expect(() => actor("a", { receive, message: {} as never })).toThrow(/Standard Schema/);
  });

  test("a version above 1 needs a migration, and a migration needs a state", () => {
    const receive = (): void => {};
    expect(() => actor("a", { initial: () => 1, version: 2, receive })).toThrow(ConfigError);
    expect(() => actor("a", { migrate: () => 1, receive })).toThrow(ConfigError);
  });

  test("nonRetryable takes classes, codes and predicates", () => {
    class Refused extends Error {}
    const receive = (): void => {};
    const byList = actor("a", { receive, nonRetryable: [Refused, "EGONE"] }).retry;
    expect(byList.retryable(new Refused())).toBe(false);
    expect(byList.retryable(Object.assign(new Error(), { code: "EGONE" }))).toBe(false);
    expect(byList.retryable(new Error())).toBe(true);
    expect(
      actor("a", { receive, nonRetryable: (error) => error.message === "no" }).retry.retryable(new Error("no")),
    ).toBe(false);
  });
});
