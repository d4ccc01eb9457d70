import { expect, test } from "bun:test";
import { ResumePosition } from "./resume-position.ts";

test("begins where the first join's reply says, and moves on with what is seen, never back", () => {
  const position = new ResumePosition();
  expect(position.joinParams({ user: "ada" })).toEqual({ user: "ada" });
  position.joined({ seq: 7 });
  position.saw({ seq: 8 });
  position.saw({ seq: 6 });
  expect(position.joinParams({ user: "ada" })).toEqual({ user: "ada", since: 8 });
});

test("stays where it is when all that was missed is to come, so that a break in the middle of it loses nothing", () => {
  const position = new ResumePosition();
  position.joined({ seq: 7 });
  expect(position.joined({ seq: 20, recovered: true })).toBe(false);
  expect(position.seq).toBe(7);
});

test("goes on from the reply's position, and says so, when what was missed is gone", () => {
  const position = new ResumePosition();
  position.joined({ seq: 7 });
  expect(position.joined({ seq: 20, recovered: false })).toBe(true);
  expect(position.seq).toBe(20);
});

test("has none on a topic without history, whatever its payloads hold", () => {
  const position = new ResumePosition();
  position.joined({});
  for (const payload of [{ seq: 3 }, null, "text", new ArrayBuffer(1), { seq: "4" }]) position.saw(payload);
  expect(position.joinParams({})).toEqual({});
});
