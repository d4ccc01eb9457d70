import { expect, test } from "bun:test";
import fc from "fast-check";
import { sinceOf, withFields } from "./history-fields.ts";

test("fields added to a text are those added to its object", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(
      object,
      fc.nat(),
      fc.constantFrom(undefined, 2),
      fc.constantFrom("", " ", "\n"),
      (value, seq, indent, end) => {
        const text = JSON.stringify(value, null, indent) + end;
        expect(JSON.parse(withFields(text, { seq }))).toEqual({ ...JSON.parse(text), seq });
      },
    ),
  );
});

test("since is read from the params, and only at their top", () => {
  expect(sinceOf('{"since":7}')).toBe(7);
  expect(sinceOf('{"since":0}')).toBe(0);
  expect(sinceOf('{"since":null}')).toBeUndefined();
  expect(sinceOf('{"other":{"since":7}}')).toBeUndefined();
  expect(sinceOf("{}")).toBeUndefined();
  for (const bad of ['"7"', "-1", "1.5", "[]", "9007199254740993"]) {
    expect(() => sinceOf(`{"since":${bad}}`)).toThrow("since: expected the `seq` of the last message seen");
  }
});
