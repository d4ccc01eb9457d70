import { expect, test } from "bun:test";
import { answer, NEW_ORDER, type Order, remind } from "./order.ts";

const after = (...said: string[]): Order => said.reduce((order, text) => answer(order, text).order, NEW_ORDER);

test("an order is taken in four steps", () => {
  expect(after("Good evening").step).toBe("dish");
  expect(after("Good evening", "full breakfast")).toMatchObject({ step: "time", dish: "Full breakfast" });
  expect(after("hello", "2", "8")).toMatchObject({ step: "confirm", dish: "Full breakfast", time: "8:00" });
  expect(after("hello", "2", "8:00", "Yes, please")).toMatchObject({ step: "done", orders: 1 });
});

test("what is not on offer is asked for again, and changes nothing", () => {
  const order = after("hello");
  expect(answer(order, "caviar")).toMatchObject({
    order,
    choices: ["Coffee and croissant", "Full breakfast", "Tea and toast"],
  });
});

test("cancel and start over forget the order, not how many were taken", () => {
  const ordered = ["hello", "tea", "7", "yes", "another", "tea"];
  expect(after(...ordered, "Cancel")).toEqual({ step: "new", orders: 1 });
  expect(after(...ordered, "Start over")).toEqual({ step: "dish", orders: 1 });
});

test("a guest who has gone quiet is asked the open question again; without one, nothing", () => {
  expect(remind(after("hello", "tea"))?.words).toBe("Are you still there? At what time?");
  expect(remind(after("hello", "tea", "7", "yes"))).toBeUndefined();
});
