import { expect, test } from "bun:test";
import { SendingRate } from "./rate-limit.ts";

const limits = { messagesPerSecond: 10, bytesPerSecond: 100, maxPayloadBytes: 150 };

test("a burst of two seconds' worth passes, then what flows in", () => {
  const rate = new SendingRate(limits, 0);
  for (let n = 0; n < 20; n++) expect(rate.take(0, limits, 0)).toBeUndefined();
  expect(rate.take(0, limits, 0)).toBe("messagesPerSecond");
  expect(rate.take(0, limits, 99)).toBe("messagesPerSecond");
  expect(rate.take(0, limits, 100)).toBeUndefined();
  expect(rate.take(0, limits, 100)).toBe("messagesPerSecond");
});

test("bytes are counted apart, and what is refused takes nothing", () => {
  const rate = new SendingRate(limits, 0);
  expect(rate.take(150, limits, 0)).toBeUndefined();
  expect(rate.take(60, limits, 0)).toBe("bytesPerSecond");
  expect(rate.take(50, limits, 0)).toBeUndefined();
});

test("one largest frame always fits in the burst", () => {
  const tight = { ...limits, bytesPerSecond: 1 };
  expect(new SendingRate(tight, 0).take(150, tight, 0)).toBeUndefined();
});

test("Infinity is no limit, at any time", () => {
  const none = { ...limits, messagesPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY };
  const rate = new SendingRate(none, 0);
  for (let n = 0; n < 1_000; n++) expect(rate.take(1e9, none, 0)).toBeUndefined();
});
