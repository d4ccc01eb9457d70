import { describe, expect, test } from "bun:test";
import { readAskReply, readBroadcast, readShards, readWord } from "./words.ts";

const entry = { ref: "g1:1", topic: "room:1", key: "ada", meta: { phx_ref: "g1:1" } };
const delta = { replica: "g1", incarnation: 1, from: 0, to: 1, joins: [entry], leaves: ["g1:0"] };
const snapshot = { replica: "g1", incarnation: 1, version: 3, entries: [entry] };

describe("a word between gateways", () => {
  test.each([
    { kind: "delta", delta },
    { kind: "snapshot", snapshot },
    { kind: "wanted", by: "g2" },
    { kind: "left", replica: "g1", incarnation: 2 },
    { kind: "presumed-dead", incarnation: 2 },
    { kind: "disconnect", socketId: "user:1" },
    { kind: "catch-up" },
  ] as const)("$kind is read as it was said", (word) => {
    expect(readWord(JSON.stringify(word))).toEqual(word);
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["of no kind", "{}"],
    ["of an unknown kind", '{"kind":"shutdown"}'],
    ["a delta that goes back", JSON.stringify({ kind: "delta", delta: { ...delta, from: 2 } })],
    ["a delta of nobody", JSON.stringify({ kind: "delta", delta: { ...delta, replica: "" } })],
    ["a delta whose leaves are no texts", JSON.stringify({ kind: "delta", delta: { ...delta, leaves: [1] } })],
    ["a delta in fractions", JSON.stringify({ kind: "delta", delta: { ...delta, incarnation: 0.5 } })],
    ["a snapshot without entries", JSON.stringify({ kind: "snapshot", snapshot: { ...snapshot, entries: null } })],
    [
      "a presence under a key that would crash clients",
      `{"kind":"snapshot","snapshot":{"replica":"g1","incarnation":1,"version":1,"entries":[{"ref":"r","topic":"t","key":"__proto__","meta":{}}]}}`,
    ],
    [
      "a presence whose meta is no object",
      JSON.stringify({ kind: "delta", delta: { ...delta, joins: [{ ...entry, meta: "x" }] } }),
    ],
    [
      "a presence whose meta is huge",
      JSON.stringify({ kind: "delta", delta: { ...delta, joins: [{ ...entry, meta: { x: "x".repeat(9_000) } }] } }),
    ],
    ["a disconnect of nobody", '{"kind":"disconnect"}'],
    ["a wish without a name", '{"kind":"wanted","by":7}'],
  ])("that is %s is refused", (_what, text) => {
    expect(readWord(text)).toBeUndefined();
  });
});

describe("a broadcast from another node", () => {
  test("is read with all its parts", () => {
    const sent = { event: "new", body: '{"a":1}', seq: 4, except: "g1.1" };
    expect(readBroadcast("room:1", JSON.stringify(sent))).toEqual({ topic: "room:1", ...sent });
    expect(readBroadcast("room:1", '{"event":"new","body":{"base64":"AQI="}}')).toEqual({
      topic: "room:1",
      event: "new",
      body: { base64: "AQI=" },
    });
  });

  test.each([
    ["no JSON", "x"],
    ["without an event", '{"body":"{}"}'],
    ["whose body is no JSON, which would break the frames of every client", '{"event":"e","body":"{\\"a\\":"}'],
    ["whose body is no object", '{"event":"e","body":"[1]"}'],
    ["whose bytes are no base64", '{"event":"e","body":{"base64":"?"}}'],
    ["bytes at a position", '{"event":"e","body":{"base64":"AQI="},"seq":1}'],
    ["at no position", '{"event":"e","body":"{}","seq":-1}'],
    ["with an exception that is no channel", '{"event":"e","body":"{}","except":1}'],
  ])("that is %s is refused", (_what, text) => {
    expect(readBroadcast("room:1", text)).toBeUndefined();
  });
});

test("grown shards are those of this store, and no more than it has", () => {
  expect(readShards("[0,7]", 8)).toEqual([0, 7]);
  for (const text of ["[8]", "[-1]", "[0.5]", '["0"]', "{}", "x", `[${"1,".repeat(8)}1]`]) {
    expect(readShards(text, 8), text).toBeUndefined();
  }
});

test("an answer for a worker holds JSON", () => {
  const reply = { process: "n1/w0/x", askId: "1", body: "null", ok: true };
  expect(readAskReply(JSON.stringify(reply))).toEqual(reply);
  for (const wrong of [{ body: "{" }, { ok: 1 }, { askId: 2 }, { process: null }]) {
    expect(readAskReply(JSON.stringify({ ...reply, ...wrong }))).toBeUndefined();
  }
});
