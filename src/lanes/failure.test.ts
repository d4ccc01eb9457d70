import { describe, expect, test } from "bun:test";
import { GodwitError } from "../core/index.ts";
import { errorRecordText, judgeFailure } from "./failure.ts";

const policy = {
  attempts: 3,
  backoff: { baseMs: 100, capMs: 300 },
  retryable: (error: Error) => error.message !== "no",
};
const error = new Error("x");
const most = (): number => 0.999_999;

describe("judgeFailure", () => {
  test("tries again with growing, capped delays, and gives up after the last try", () => {
    expect(judgeFailure(policy, 1, { kind: "thrown", error }, most)).toEqual({
      kind: "retry",
      attempts: 1,
      delayMs: 100,
    });
    expect(judgeFailure(policy, 2, { kind: "thrown", error }, most)).toEqual({
      kind: "retry",
      attempts: 2,
      delayMs: 200,
    });
    expect(judgeFailure(policy, 3, { kind: "thrown", error }, most)).toEqual({ kind: "dead", attempts: 3 });
  });

  test("an error that is not retryable is the end, unless the handler says retry", () => {
    const no = new Error("no");
    expect(judgeFailure(policy, 1, { kind: "thrown", error: no }, most).kind).toBe("dead");
    expect(judgeFailure(policy, 1, { kind: "retry", error: no, afterMs: 7 }, most)).toEqual({
      kind: "retry",
      attempts: 1,
      delayMs: 7,
    });
  });

  test("a free retry never runs out of tries", () => {
    const free = judgeFailure(policy, 3, { kind: "retry", error, free: true, afterMs: 5 }, most);
    expect(free).toEqual({ kind: "retry", attempts: 2, delayMs: 5 });
  });

  test("a predicate that throws does not cost the message", () => {
    const broken = {
      ...policy,
      retryable: () => {
        throw new Error("bug");
      },
    };
    expect(judgeFailure(broken, 1, { kind: "thrown", error }, most).kind).toBe("retry");
  });
});

describe("errorRecordText", () => {
  test("keeps name, message, code, stack and causes, within bounds", () => {
    const cause = new Error("the disk");
    const record = JSON.parse(errorRecordText(new GodwitError("busy", "m".repeat(5_000), { cause })));
    expect(record).toMatchObject({ name: "GodwitError", code: "busy" });
    expect(record.message).toHaveLength(2_000);
    expect(record.stack.length).toBeLessThanOrEqual(4_000);
    expect(JSON.parse(errorRecordText(new Error("a", { cause }))).stack).toContain("caused by: Error: the disk");
  });
});
