import { describe, expect, test } from "bun:test";
import type { AppendRequest } from "../store/index.ts";
import { buildRequest, checkMessage, DEFAULT_MESSAGE_LIMITS } from "./index.ts";

const limits = { ...DEFAULT_MESSAGE_LIMITS, maxBodyBytes: 10, maxKeyLength: 4 };
const valid: AppendRequest = { shard: 0, target: "desk", key: "k", body: "{}", meta: null };

describe("checkMessage", () => {
  test("accepts a message at its limits", () => {
    checkMessage({ ...valid, key: "abcd", body: '"12345678"' }, limits);
    checkMessage({ ...valid, body: '"éééé"' }, limits);
  });

  test.each<[string, Partial<AppendRequest>]>([
    ["body: expected at most 10 bytes", { body: '"123456789"' }],
    ["body: expected at most 10 bytes", { body: '"ééééé"' }],
    ["key: expected a text of 1 to 4 characters", { key: "abcde" }],
    ["key: expected a text of 1 to 4 characters", { key: "" }],
    ["key: expected well-formed Unicode", { key: "a\0" }],
    ["key: expected well-formed Unicode", { key: "\ud800" }],
    ["target: expected", { target: "" }],
    ["meta: expected", { meta: "x".repeat(20_000) }],
    ["dedupe.source: expected", { dedupe: { source: "", externalId: "1" } }],
    ["dedupe.externalId: expected", { dedupe: { source: "s", externalId: "" } }],
    ["order.externalSeq: expected", { order: { source: "s", externalSeq: 2 ** 53, gapWaitMs: 0 } }],
    ["order.externalSeq: expected", { order: { source: "s", externalSeq: -1, gapWaitMs: 0 } }],
    ["order.gapWaitMs: expected", { order: { source: "s", externalSeq: 1, gapWaitMs: Number.NaN } }],
  ])("says what was expected: %s", (text, changes) => {
    expect(() => checkMessage({ ...valid, ...changes }, limits)).toThrow(text);
  });
});

describe("buildRequest", () => {
  test("finds the shard by the key, the same for every target, and writes body and meta as JSON", () => {
    const [a, b] = ["x", "y"].map((target) =>
      buildRequest({ target, key: "k", body: { n: 1 }, meta: { from: "test" } }, 64),
    );
    expect(a).toEqual({ shard: b?.shard ?? -1, target: "x", key: "k", body: '{"n":1}', meta: '{"from":"test"}' });
    expect(buildRequest({ target: "x", key: "k", body: null, meta: {} }, 64).meta).toBeNull();
  });

  test.each([undefined, () => 1, 1n])("refuses a body that is no JSON value: %p", (body) => {
    expect(() => buildRequest({ target: "x", key: "k", body }, 64)).toThrow("body: expected a JSON value");
  });
});
