import { describe, expect, test } from "bun:test";
import { fingerprintOf, titleOf, withoutVariables } from "./index.ts";

const owns = (file: string) => file.startsWith("/app/");

function failure(line: number, message = "x is undefined") {
  const stack = `TypeError: ${message}
    at price (/app/node_modules_not/cart.ts:${line}:7)
    at async receive (/app/app.ts:${line + 3}:1)
    at run (/godwit/src/lanes/runner.ts:1:1)`;
  return { name: "TypeError", message, stack };
}

describe("a fingerprint", () => {
  test("is the same when lines have moved, or the message names another guest", () => {
    expect(fingerprintOf(failure(10), owns)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf(failure(10), owns)).toBe(fingerprintOf(failure(99, "y is undefined"), owns));
  });

  test("differs by the error's name, and by the function of the app", () => {
    const base = fingerprintOf(failure(10), owns);
    expect(fingerprintOf({ ...failure(10), name: "RangeError" }, owns)).not.toBe(base);
    const elsewhere = { ...failure(10), stack: failure(10).stack.replace("price", "cost") };
    expect(fingerprintOf(elsewhere, owns)).not.toBe(base);
  });

  test("goes by the message without its variable parts, where no frame is the app's", () => {
    const error = (message: string) =>
      fingerprintOf({ name: "Error", message, stack: "Error\n  at x (/lib/a.js:1:1)" }, owns);
    expect(error('order 17 of "ada" is gone')).toBe(error('order 99 of "bob" is gone'));
    expect(error("order 17 is gone")).not.toBe(error("order 17 is late"));
  });
});

test.each([
  ["m12-345 took 300.5 ms", "<message> took <n> ms"],
  ["no user 'ada' at 0xdeadbeef", "no user <text> at <hex>"],
  ["id 7d444840-9dc0-11d1-b245-5ffdce74fad2", "id <id>"],
])("%j is told as %j", (message, told) => {
  expect(withoutVariables(message)).toBe(told);
});

test("a title says what, and where in the app", () => {
  expect(titleOf(failure(10), owns)).toBe("TypeError: x is undefined at cart.ts:10");
  expect(titleOf({ name: "Error", message: "a\nb" }, owns)).toBe("Error: a");
});
