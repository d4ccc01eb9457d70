import { expect, test } from "bun:test";
import { SQL } from "bun";
import { fromJsonTexts, jsonTexts } from "./json-texts.ts";

test("JSON texts arrive as they were sent, with the absent ones absent", async () => {
  await using sql = new SQL("postgres://postgres@127.0.0.1:5432/postgres", { max: 1 });
  const sent = [
    JSON.stringify({ text: 'a "quoted" \\ word,\n{}\u001e' }),
    null,
    '""',
    "null",
    "[]",
    JSON.stringify("🦆"),
  ];
  const [row] = await sql.unsafe(`select ${fromJsonTexts("$1")} as texts`, [jsonTexts(sent)]);
  expect(row.texts).toEqual(sent);
});

test("what is no JSON text and would be taken for two is refused", () => {
  expect(() => jsonTexts(["{}", "a\u001eb"])).toThrow("JSON text");
});
