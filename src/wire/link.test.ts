import { describe, expect, test } from "bun:test";
import { GodwitError, ManualClock } from "../core/index.ts";
import { encodeLine, LineDecoder } from "./line-frame.ts";
import { Link, type LinkOptions } from "./link.ts";

/** Two ends joined back to back, delivering at once. */
function pair(left: Partial<LinkOptions>, right: Partial<LinkOptions>, clock = new ManualClock()) {
  const ends: Link[] = [];
  const end = (own: number, options: Partial<LinkOptions>) =>
    new Link(
      { write: (text) => ends[1 - own]?.receive(text), close: () => queueMicrotask(() => ends[1 - own]?.close()) },
      { peer: own ? "gateway" : "worker", clock, onNotification: () => {}, onRequest: () => null, ...options },
    );
  ends.push(end(0, left), end(1, right));
  return { left: ends[0] as Link, right: ends[1] as Link, clock };
}

describe("line frames", () => {
  test("are the same however the stream is cut", () => {
    const frames = [1, "two\nlines", { three: [null] }, "ünï😀"];
    const text = frames.map(encodeLine).join("");
    for (let step = 1; step <= text.length; step++) {
      const decoder = new LineDecoder();
      const got: unknown[] = [];
      for (let i = 0; i < text.length; i += step) got.push(...decoder.push(text.slice(i, i + step)));
      expect(got).toEqual(frames);
    }
  });

  test("that are no JSON are refused with a code", () => {
    expect(() => new LineDecoder().push("{nope\n")).toThrow(expect.objectContaining({ code: "bad_frame" }));
  });
});

describe("a link", () => {
  test("carries notifications in order and answers requests", async () => {
    const seen: unknown[] = [];
    const { left } = pair(
      {},
      { onNotification: (kind, data) => seen.push([kind, data]), onRequest: (_k, d) => ({ got: d }) },
    );
    left.notify("a", 1);
    left.notify("b", 2);
    expect(await left.request("ask", { x: 1 })).toEqual({ got: { x: 1 } });
    expect(seen).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  test("brings a refusal's code and message to the asking end", async () => {
    const refuse = () => Promise.reject(new GodwitError("no_such_thing", "there is none"));
    const { left } = pair({}, { onRequest: refuse });
    expect(await left.request("ask", null).catch((e) => [e.code, e.message])).toEqual([
      "no_such_thing",
      "there is none",
    ]);
  });

  test("rejects what is pending when the other end goes, and leaves nothing hanging", async () => {
    const { left, right } = pair({}, { onRequest: () => new Promise(() => {}) });
    const pending = left.request("ask", null).catch((e) => e.code);
    right.close();
    expect(await pending).toBe("link_closed");
    expect(left.pendingRequests).toBe(0);
    expect(await left.request("ask", null).catch((e) => e.code)).toBe("link_closed");
  });

  test("gives up a request at its deadline and ignores the late answer", async () => {
    let answer: (value: unknown) => void = () => {};
    const { left, clock } = pair({}, { onRequest: () => new Promise((resolve) => (answer = resolve)) });
    const pending = left.request("ask", null, 1_000).catch((e) => e.code);
    clock.advance(1_000);
    expect(await pending).toBe("deadline_exceeded");
    answer("late");
    await Promise.resolve();
    expect(left.closed).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  test("is busy past its bound of pending requests", async () => {
    const { left } = pair({ maxPending: 1 }, { onRequest: () => new Promise(() => {}) });
    void left.request("ask", null).catch(() => {});
    expect(await left.request("ask", null).catch((e) => e.code)).toBe("busy");
  });

  test("closes on text that is no frame", () => {
    let reason: Error | undefined;
    const { left } = pair({ onClose: (error) => (reason = error) }, {});
    left.receive("what?\n");
    expect(left.closed).toBe(true);
    expect(reason).toMatchObject({ code: "bad_frame" });
  });
});
