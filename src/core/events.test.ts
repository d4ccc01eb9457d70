import { describe, expect, test } from "bun:test";
import { Events } from "./events.ts";

describe("the event bus", () => {
  test("tells listeners in the order in which they came, those of one event before those of all", () => {
    const events = new Events(() => 42);
    const seen: unknown[] = [];
    events.onAny((_payload, meta) => seen.push(["all", meta]));
    events.on("events.dropped", ({ count }) => seen.push(["own", count]));
    events.emit("events.dropped", { count: 3 });
    expect(seen).toEqual([
      ["own", 3],
      ["all", { name: "events.dropped", atMs: 42 }],
    ]);
  });

  test("reports a listener that throws, and tells the others all the same", () => {
    const events = new Events();
    const failed: unknown[] = [];
    const heard: number[] = [];
    events.on("listener.failed", (payload) => failed.push(payload));
    events.on("events.dropped", () => {
      throw new Error("oops");
    });
    events.on("events.dropped", ({ count }) => heard.push(count));
    events.emit("events.dropped", { count: 1 });
    expect(heard).toEqual([1]);
    expect(failed).toMatchObject([{ event: "events.dropped", error: { message: "oops" } }]);
  });

  test("is wanted only while somebody listens", () => {
    const events = new Events();
    expect(events.wanted("events.dropped")).toBe(false);
    const off = events.on("events.dropped", () => {});
    expect(events.wanted("events.dropped")).toBe(true);
    off();
    off();
    expect(events.wanted("events.dropped")).toBe(false);
  });

  test("resolves next with the first event that is accepted", async () => {
    const events = new Events();
    const next = events.next("events.dropped", ({ count }) => count > 1);
    events.emit("events.dropped", { count: 1 });
    events.emit("events.dropped", { count: 2 });
    expect(await next).toEqual({ count: 2 });
    expect(events.wanted("events.dropped")).toBe(false);
  });
});
