import { describe, expect, test } from "bun:test";
import type { ErrorNote } from "../store/index.ts";
import { type StoreFixture, T0 } from "./store-contract-fixture.ts";

function note(fingerprint: string, changes: Partial<ErrorNote> = {}): ErrorNote {
  const at = { firstAtMs: T0, lastAtMs: T0 };
  return { fingerprint, title: "TypeError: x", count: 1, ...at, codeVersion: "v1", sample: "{}", ...changes };
}

export function errorsContract(fixture: () => Promise<StoreFixture>): void {
  describe("the inbox of errors", () => {
    test("counts failures of one cause together, from the first to the last", async () => {
      await using f = await fixture();
      const store = await f.open();
      expect(await store.noteErrors([note("b"), note("a", { count: 3 })])).toEqual(["first", "first"]);
      const later = { count: 4, firstAtMs: T0 + 5, lastAtMs: T0 + 9, codeVersion: "v2", sample: '{"n":2}' };
      expect(await store.noteErrors([note("a", later)])).toEqual([null]);
      expect(await store.error("a")).toEqual({
        ...{ fingerprint: "a", title: "TypeError: x", state: "open", count: 7, firstAtMs: T0, lastAtMs: T0 + 9 },
        ...{ firstVersion: "v1", lastVersion: "v2", sample: '{"n":2}', regressions: 0 },
      });
      expect(await store.error("c")).toBeUndefined();
    });

    test("opens again what comes back after it was resolved, and leaves alone what is ignored", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.noteErrors([note("a"), note("b")]);
      expect(await store.decideError("a", "resolved")).toBe(true);
      expect(await store.decideError("b", "ignored")).toBe(true);
      expect(await store.decideError("c", "ignored")).toBe(false);
      expect(await store.noteErrors([note("a"), note("b")])).toEqual(["regression", null]);
      expect(await store.error("a")).toMatchObject({ state: "open", regressions: 1, count: 2 });
      expect(await store.error("b")).toMatchObject({ state: "ignored", regressions: 0, count: 2 });
    });

    test("lists the latest first, by the page and by the state", async () => {
      await using f = await fixture();
      const store = await f.open();
      await store.noteErrors(["a", "b", "c"].map((name, i) => note(name, { lastAtMs: T0 + i })));
      await store.decideError("b", "ignored");
      const first = await store.errors({}, { limit: 2 });
      expect(first.rows.map(({ fingerprint }) => fingerprint)).toEqual(["c", "b"]);
      const second = await store.errors({}, { limit: 2, after: first.next ?? "missing" });
      expect(second.rows.map(({ fingerprint }) => fingerprint)).toEqual(["a"]);
      expect(second.next).toBeUndefined();
      const ignored = await store.errors({ state: "ignored" }, { limit: 2 });
      expect(ignored.rows.map(({ fingerprint }) => fingerprint)).toEqual(["b"]);
    });
  });
}
